"""Charts: specified in this process, drawn by a child process, shown inline in a page."""
