"""Metric math: expressions, their functions, searches, labels. It reads nothing: what it needs it is given."""
