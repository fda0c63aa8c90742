"""What the verbs of the registry share: how it is opened."""
