"""Bodies that are too large for a row: the contract, and files that tell their own damage.

It promises that a sealed body is durable, and that what is read of it is what was written. May import: the store's
ground, not its siblings.
"""
