"""What services do on the wire that their models do not say."""
