"""Alarms: what they watch, how they are judged, and what they set going."""
