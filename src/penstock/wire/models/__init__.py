"""AWS's service models: operations, shapes, and what they say of values."""
