"""What was seen in a few cases: traces, adjoints, and what each value of a backward is."""
