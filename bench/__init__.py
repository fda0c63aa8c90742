"""Speed, side by side in one run: `make bench`. No part of the package, and never a test."""
