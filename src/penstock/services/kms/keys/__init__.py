"""Keys, their material, aliases and grants as rows, and what each kind of key can do."""
