"""What people see in the terminal. May import: everything below; speaks to a running server over HTTP only."""
