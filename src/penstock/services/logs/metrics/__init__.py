"""What log events say of metrics: by the filters of their group, and by themselves, in the embedded metric format."""
