"""What a target gets of an event: all of it, a constant, a part, or a template filled in. Pure: no I/O."""
