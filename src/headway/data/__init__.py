"""Images and labels in any common format -> checked, deterministic splits."""
