"""The record of a run, the one thing that every report is made from."""
