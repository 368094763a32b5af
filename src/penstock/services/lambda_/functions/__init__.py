"""Functions as values: what they are, what they may do, what one run takes and gives."""
