"""The store in a PostgreSQL database that belongs to one data directory.

It promises what ``Store`` does, with the functions in threads. It is imported only when it is asked for: its driver is
heavy. May import: the store's ground, not its siblings.
"""
