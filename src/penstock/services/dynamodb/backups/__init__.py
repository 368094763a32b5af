"""Backups of tables, and bringing them back: as they were when a backup was made, or at any second of 35 days."""
