"""Groups of schedules, and their tags."""
