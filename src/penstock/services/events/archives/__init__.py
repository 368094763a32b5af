"""Archives of buses: the events that went over one, kept for as long as was asked."""
