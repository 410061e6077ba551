"""Work that may take its process down, tried a bounded number of times.

Programs run in a sandbox and cannot harm a worker, but pictures, meshes and files of foreign
formats are handled in the worker itself. Ray repeats what a dead worker was doing, for ever if need
be. So a worker leaves a note on storage before it begins. Whoever finds the note knows that its
author has died, goes on row by row, and refuses the row over which workers die again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from cadvlm.storage import Folder

T = TypeVar("T")
R = TypeVar("R")

DEATHS = 2
"""Workers that one row may cost. One may be the machine's fault: a lost node, memory that somebody
else used up."""


def survive(
    notes: Folder,
    task: str,
    run: str,
    rows: Sequence[T],
    work: Callable[[Sequence[T]], list[R]],
    refuse: Callable[[T], R],
) -> list[R]:
    """What ``work`` makes of ``rows``, without those that kill the process it is done in.

    Args:
        notes: where workers leave word of what they are about to do.
        task: names this piece of work.
        run: names the run: what another run has left says nothing, it may have been stopped.
        rows: what there is to do, in one piece or one by one with the same result.
        work: does it.
        refuse: stands for the result of a row that was given up.
    """
    name = f"{task}.json"
    note = notes.read_json(name) if notes.exists(name) else {}
    if note.get("run") != run:
        notes.write_json(name, {"run": run, "at": None, "deaths": {}})
        done = work(rows)
    else:
        deaths: dict[str, int] = note["deaths"]
        if note["at"] is not None:
            deaths[note["at"]] = deaths.get(note["at"], 0) + 1
        done = []
        for at, row in enumerate(rows):
            if deaths.get(str(at), 0) >= DEATHS:
                done.append(refuse(row))
                continue
            notes.write_json(name, {"run": run, "at": str(at), "deaths": deaths})
            done += work([row])
    notes.remove(name)
    return done
