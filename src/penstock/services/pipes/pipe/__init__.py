"""Pipes as rows: what they say, and where they stand."""
