"""How the database shows in a data directory."""

from pathlib import Path

DATABASE = "penstock.db"
MARK = "database"
"""Binds the data directory to the PostgreSQL database that bears the same mark."""


def database_of(folder: Path, url: str) -> Path:
    """Returns the file that is there when ``folder`` has a database: SQLite's own, or the mark of that at ``url``."""
    return folder / (MARK if url else DATABASE)
