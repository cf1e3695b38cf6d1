"""What is drawn: one module a chart, each a pure function from rows and words to a chart."""
