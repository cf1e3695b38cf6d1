"""What comes in: bodies are read, events judged, what is admitted handed to the writer, and senders answered."""
