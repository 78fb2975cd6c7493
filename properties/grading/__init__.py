"""A class: many submissions judged on many processors, and what a teacher gets of them."""
