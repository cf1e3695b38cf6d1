"""What can be asked: rows computed from streams, and the reads over them."""
