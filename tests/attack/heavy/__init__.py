"""Much data behind one server, and how long anything about it holds the event loop.

``HEAVY_SCALE`` is a fraction of the full sizes (1: millions of rows); without it a hundredth, for every test run.
"""
