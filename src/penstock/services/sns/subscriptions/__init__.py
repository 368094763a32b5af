"""Subscriptions: who gets a topic's messages, which of them, in which shape, and in which state."""
