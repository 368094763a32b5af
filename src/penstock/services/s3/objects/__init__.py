"""Objects: reading, writing, copying, tagging and removing versions."""
