"""TransactWriteItems and TransactGetItems: all of a request, or nothing of it."""
