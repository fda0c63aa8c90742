"""Weights -> one ONNX file, and everything that travels with it."""
