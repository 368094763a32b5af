"""Parameters and their versions as rows."""
