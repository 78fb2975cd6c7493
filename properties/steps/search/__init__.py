"""Which line is wrong: values and edits tried in its place, and the smallest case that shows it."""
