"""Queues and their attributes."""
