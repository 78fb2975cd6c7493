"""How what is judged is made and called."""
