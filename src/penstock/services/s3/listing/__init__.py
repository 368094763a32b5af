"""Pages of keys and of versions: each costs what it shows."""
