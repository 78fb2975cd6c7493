"""Derivations on paper: claims that are checked line by line, and the pages made of them."""
