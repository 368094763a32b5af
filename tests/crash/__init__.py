"""Servers that are killed, and what must be left of what they acknowledged."""
