"""What every request passes, outermost first: what is counted, who asks, and of all but posts what is recorded."""
