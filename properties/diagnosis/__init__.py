"""Causes of a disagreement: generic relations and named misconceptions."""
