"""The embedded store: one SQLite file in the data directory, and copies of it.

It promises what ``Store`` does, with group commit on the event loop. May import: the store's ground, not its siblings.
"""
