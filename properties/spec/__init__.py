"""What is asked: the case, the row, families of values, what the user demands."""
