"""Tests of what a row declares."""
