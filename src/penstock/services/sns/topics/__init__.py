"""Topics: what they are called, how they behave, who may publish to them."""
