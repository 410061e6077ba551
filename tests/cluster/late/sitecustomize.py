"""The clock of a machine that is an hour late, for every Python that starts with this folder on its
path."""

import time

LATE_S = 3600.0

_right = time.time
time.time = lambda: _right() - LATE_S
