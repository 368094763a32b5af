"""Single items: how they lie in the store with their index entries, and the operations on one of them."""
