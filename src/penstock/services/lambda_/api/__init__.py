"""Lambda's operations, as callers see them."""
