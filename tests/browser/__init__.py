"""A real browser with a page of another origin: what the bucket's rules and forms are for. ``make test-browser``."""
