"""What every request passes, from the outermost in: what is counted, what is recorded of it, and who asks."""
