"""What a disk may do to a server: fail, fill up, lose what was not synced; and kills at named points."""
