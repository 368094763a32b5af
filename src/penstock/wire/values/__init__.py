"""Values as text, JSON and XML have them, to and from Python's."""
