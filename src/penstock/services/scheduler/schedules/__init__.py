"""Schedules: what they say, when they are due, and what is done then."""
