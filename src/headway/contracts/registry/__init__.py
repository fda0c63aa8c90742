"""What the registry keeps in Git: stage files and stages.yaml on the default branch, tags that echo them."""
