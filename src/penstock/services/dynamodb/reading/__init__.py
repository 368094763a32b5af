"""Query and Scan: pages of items, by ranges of keys in a table or an index."""
