"""Messages: sending, receiving, hiding, deleting, giving up."""
