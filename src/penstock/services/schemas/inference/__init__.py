"""From events to schemas: pure functions."""
