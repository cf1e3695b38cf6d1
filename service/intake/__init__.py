"""What comes in: bodies are read, events validated and handed to the writer, and senders answered."""
