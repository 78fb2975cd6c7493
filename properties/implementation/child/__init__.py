"""What runs next to the code under test: loader, executor and wire format.

This folder needs numpy and the standard library, nothing else, and imports nothing of the rest of
the suite: the child process loads it under a private name, from its path alone, so that no name
of ours stands in the way of a name of the homework.
"""
