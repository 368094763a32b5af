"""FIFO topics: each message once, by its deduplication id, and numbered in its order."""
