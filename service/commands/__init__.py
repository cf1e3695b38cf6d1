"""What the command `ketenspoor` can do, one module a kind of work; `service.cli` gives the commands their names."""
