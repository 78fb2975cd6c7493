"""Three right implementations of different style, into which misconceptions are planted."""
