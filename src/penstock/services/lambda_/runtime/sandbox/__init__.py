"""What keeps functions apart from each other and from the server: namespaces, users, control groups, processes."""
