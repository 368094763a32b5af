"""What CloudWatch is told of buckets: what they hold, and, where somebody asks for it, their requests."""
