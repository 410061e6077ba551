"""Free ports, for a Ray or a server of our own on this machine."""

from __future__ import annotations

import random
import socket
from contextlib import closing

from cadvlm.errors import InputError

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


def refuse_taken_port(host: str, port: int) -> None:
    """Say so in one line, where Ray Serve, for one, would start a proxy again and again.

    Raises:
        InputError: nobody can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
