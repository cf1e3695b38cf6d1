"""Looking after a running service: its door, its connections, its health, what it counts and what it tells."""
