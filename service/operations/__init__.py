"""Looking after a running service: its health, what it counts, and the processes that it keeps running."""
