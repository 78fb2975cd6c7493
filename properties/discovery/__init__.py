"""Rows made from code that nobody declared: the open contract."""
