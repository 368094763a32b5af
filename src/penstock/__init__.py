"""Penstock: object storage as an event source you can trust."""

__version__ = "0.1.0"
