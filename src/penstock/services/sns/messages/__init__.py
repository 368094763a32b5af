"""Messages: what was published, what of it each endpoint reads, and the signature on it."""
