"""Measures a real Penstock next to its physical limits and its peers, in one run on one machine.

``make bench`` (or ``python -m bench``) prints figures and ratios; it asserts nothing. Every server runs in its own
process on loopback, the load generator in another. Peers are installed from PyPI into ``.bench/``.
"""
