"""State tables: each a pure function from what one stream says to its rows."""
