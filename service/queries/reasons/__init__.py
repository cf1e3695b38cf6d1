"""Why a figure is so, and why it changed: the events behind it, found in the log and told as JSON."""
