"""Rules of a bus and their targets: which events go where, in which shape, and how often it is tried."""
