"""Measurements of speed, for `make bench`. Not in the wheel; a figure needs a quiet machine."""
