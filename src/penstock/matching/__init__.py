"""Pure pattern matchers: no I/O, no state beyond what they were compiled from. May import: nothing."""
