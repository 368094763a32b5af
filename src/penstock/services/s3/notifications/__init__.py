"""Which changes of a bucket go where."""
