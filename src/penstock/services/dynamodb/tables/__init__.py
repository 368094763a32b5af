"""Tables: their keys, their indexes, their settings, and what they hold in all."""
