"""Files that nobody meant to write, and sequences that nobody thought of."""
