"""Publishing: what may be published, and how a message gets from its topic to each subscription."""
