"""A room with one table, for tests of the store."""
