"""API destinations: HTTP endpoints that rules send events to, and how they are asked."""
