"""Roles, users, groups and policies as rows: what they are, and what speaks for whoever asks."""
