"""What the law asks of data about persons: retention, destruction, access by the person, and keys that change."""
