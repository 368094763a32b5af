"""HTTP endpoints: what may be reached, and one POST at a time."""
