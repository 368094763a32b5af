"""Targets of schedules: what may be one, what it is sent, and what becomes of it when it cannot be."""
