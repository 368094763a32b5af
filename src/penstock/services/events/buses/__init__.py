"""Event buses: the default one that every account has, custom ones, and who may put events on them."""
