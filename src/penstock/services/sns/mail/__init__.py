"""Mail to subscribers: by SMTP, or into a maildir in the data directory."""
