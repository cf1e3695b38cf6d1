"""Server processes: the sockets they listen on, their connections, and how they stop."""
