"""What DynamoDB does by itself: it fills new indexes, ends items, and takes away what was dropped."""
