"""Dashboards: stored as they are put, and drawn."""
