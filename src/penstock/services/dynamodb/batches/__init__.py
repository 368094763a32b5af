"""BatchGetItem and BatchWriteItem: many items in one request, each for itself."""
