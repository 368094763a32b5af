"""Message move tasks."""
