"""Tests of the judge's own parts."""
