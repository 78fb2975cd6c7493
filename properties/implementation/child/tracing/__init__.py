"""Derivatives of the code under test, carried through it where it runs; numpy alone."""
