"""The operations of the schema registry."""
