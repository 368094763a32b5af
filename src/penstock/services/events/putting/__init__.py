"""From an event that has come in to the targets of every rule that matches it."""
