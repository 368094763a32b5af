"""Buckets, their settings and their policies."""
