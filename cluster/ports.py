"""Free ports, for a Ray or a server of our own on this machine."""

from __future__ import annotations

import random
import socket

RANGE = range(20000, 30000)
"""Above the ports of Ray's workers (10002 to 19999) and below those that a system hands out by
itself (Linux: from 32768): one of these may be given to any connection of another process between
the question and the use."""


def free_ports(count: int) -> list[int]:
    """``count`` different ports of this machine that nobody listens on now.

    Raises:
        OSError: there are not so many.
    """
    found: list[int] = []
    # Not the global generator: two programs of one seed that start together would meet.
    for port in random.SystemRandom().sample(RANGE, len(RANGE)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"fewer than {count} free ports from {RANGE.start} to {RANGE.stop - 1}")
