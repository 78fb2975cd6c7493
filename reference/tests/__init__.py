"""Tests of the references: against 50 digits, complex step, closed forms, and other styles."""
