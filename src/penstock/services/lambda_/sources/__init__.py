"""What feeds functions by itself: event source mappings."""
