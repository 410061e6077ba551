"""A page for one part: what was asked for and what came, as pictures, solids, programs and scores.

The pages lie in ``parts/`` beside the report and share one script, so that hundreds stay small.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cadvlm
from cadvlm.reports import measures, page, program, targets, viewer
from cadvlm.storage import Folder

Row = Mapping[str, Any]

FOLDER = "parts"
_SCRIPT = "viewer.js"


def file_name(id_: str) -> str:
    """A part's page: its id, where that can be a file's name."""
    plain = re.sub(r"[^\w.-]+", "_", id_, flags=re.ASCII).strip("._")[:80]
    if plain and plain == id_:
        return f"{plain}.html"
    return f"{plain or 'part'}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}.html"


def write_all(folder: Folder, drawn: Sequence[Row], scores: Mapping[str, Row]) -> None:
    """Write a page for every row of the gallery that is about a part."""
    shown = [row for row in drawn if row["id"] is not None]
    if not shown:
        return
    place = folder / FOLDER
    place.write(_SCRIPT, viewer.SCRIPT)
    for number, row in enumerate(shown):
        neighbours = [shown[at]["id"] if 0 <= at < len(shown) else None
                      for at in (number - 1, number + 1)]  # fmt: skip
        place.write(file_name(row["id"]), _page(row, scores[row["id"]], neighbours))


def _page(drawn: Row, score: Row, neighbours: Iterable[str | None]) -> str:
    reference, prediction = program.compared(
        score["reference"] or "", score["code"] or "", score["error"]
    )
    before, after = [id_ and file_name(id_) for id_ in neighbours]
    return page.render(
        "part.html",
        kind="Part",
        title=score["id"],
        facts=_facts(score),
        sections=[("solids", "Solids"), ("scores", "Scores"), ("programs", "Programs")],
        version=cadvlm.__version__,
        script=_SCRIPT,
        before=before,
        after=after,
        score=score,
        drawn=drawn,
        scenes=_scenes(drawn),
        measured=_measured(score),
        reference=reference,
        prediction=prediction,
        chatter=(score["text"] or "").strip() != (score["code"] or "").strip(),
    )


def _facts(score: Row) -> list[tuple[str, str]]:
    known = [
        ("status", score["status"].replace("_", " ")),
        ("source", score["source"]),
        ("family", score["family"]),
        ("faces", score["n_faces"]),
        ("found in", score["result_name"]),
        ("took", score["seconds"] and f"{score['seconds']:.2f} s"),
        ("solids left out", score.get("n_left_out")),
    ]
    return [(name, str(value)) for name, value in known if value]


def _scenes(drawn: Row) -> dict[str, str | None]:
    """What the viewer is given, by the caption of the picture that it replaces."""
    packed = {
        name: viewer.encoded(drawn[f"{name}_scene"])
        for name in ("reference", "prediction")
        if drawn.get(f"{name}_scene")
    }
    both = " ".join(packed.values()) if len(packed) == 2 else None
    return {"reference": None, "prediction": None, **packed, "overlay": both}


def _measured(score: Row) -> list[Row]:
    """Every number of the row, with the band it falls in."""
    return [
        {
            "label": measures.label(name),
            "meaning": measures.meaning(name),
            "value": score[name],
            "control": score.get(f"control_{name}"),
            "digits": measures.digits(name),
            "level": targets.BY_METRIC[name].level(score[name])
            if name in targets.BY_METRIC and score[name] is not None
            else None,
        }
        for name in measures.names()
        if score.get(name) is not None or score.get(f"control_{name}") is not None
    ]
