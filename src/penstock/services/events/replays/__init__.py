"""Replays: events of an archive put on their bus again, a few at a time, from where the last step ended."""
