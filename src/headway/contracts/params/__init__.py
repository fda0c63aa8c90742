"""params.yaml: one module per section, so that editing one section's rules re-runs only its stage."""
