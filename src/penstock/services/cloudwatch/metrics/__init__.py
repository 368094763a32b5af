"""Metrics: what is kept of them, how it is read, and the operations on them."""
