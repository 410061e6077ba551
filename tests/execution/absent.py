"""A machine on which a system call is missing: taken away from this process and all it starts.

python -m tests.execution.absent NUMBER ERRNO [OPTION...] -- COMMAND...
"""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x50000


def take_away(number: int, error: int, options: Sequence[int] = ()) -> None:
    """Let a call fail with ``error``; with ``options``, only for these first arguments."""
    lines = [(LOAD, 0, 0, 0), (EQUAL, 1, 0, number), (RETURN, 0, 0, ALLOW)]
    if options:
        lines.append((LOAD, 0, 0, 16))
        for option in options:
            lines += [(EQUAL, 0, 1, option), (RETURN, 0, 0, FAIL | error)]
        lines.append((RETURN, 0, 0, ALLOW))
    else:
        lines.append((RETURN, 0, 0, FAIL | error))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
    program = struct.pack("HP", len(lines), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, program, 0, 0) == 0


if __name__ == "__main__":
    at = sys.argv.index("--")
    number, error, *options = (int(text) for text in sys.argv[1:at])
    take_away(number, error, options)
    os.execv(sys.argv[at + 1], sys.argv[at + 1 :])
