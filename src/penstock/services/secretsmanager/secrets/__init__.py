"""Secrets and their versions as rows: what they are, where stages go, who may do what to them."""
