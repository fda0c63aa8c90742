"""One outside program or library a module, named after it."""

import os

# ONNX Runtime 1.32 makes a device id in the home folder and sends usage when it is imported, unless this is set before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
