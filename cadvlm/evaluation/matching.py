"""Which prediction is meant for which reference, where the two are not called the same.

First the same id. Then, of what is left on both sides, the same *short name*: the id, or the
``image`` that was asked about, without folders and without the suffix of a file; of a picture also
without the number of its view. So CAD-Coder's question about ``images/00675497_0.png`` meets the
file ``00675497.step``, and the prediction ``bench0/00708740`` the file ``00708740.stl``. What stays
without a partner is a missing prediction, or one that is left out; both are counted.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from cadvlm.errors import InputError
from cadvlm.records import Prediction
from cadvlm.references.reference import Reference
from cadvlm.references.rows import id_of, read_objects

_SHAPE_OR_PROGRAM = re.compile(r"\.(step|stp|brep|stl|obj|py|json)$", re.IGNORECASE)
_PICTURE = re.compile(r"\.(png|jpe?g|webp)$", re.IGNORECASE)
_VIEW = re.compile(r"_\d{1,2}$")


def match(
    predictions: Mapping[str, Prediction],
    references: Sequence[Reference],
    images: Mapping[str, str] | None = None,
) -> dict[str, Prediction]:
    """The prediction for each reference that has one, by the reference's id.

    Args:
        images: The picture that a prediction's id asked about, where a file of questions says so.

    Raises:
        InputError: a prediction could mean two references, or two predictions mean one.
    """
    matched = {one.id: predictions[one.id] for one in references if one.id in predictions}
    waiting: dict[str, set[str]] = {}
    for reference in references:
        if reference.id not in matched:
            for name in _names(reference.id, reference.image):
                waiting.setdefault(name, set()).add(reference.id)
    taken: dict[str, str] = {}
    for id_, prediction in predictions.items():
        if id_ in matched:
            continue
        names = _names(id_, prediction.image or (images or {}).get(id_))
        meant = set().union(*(waiting.get(name, set()) for name in names))
        if len(meant) > 1:
            first, second, *_ = sorted(meant)
            raise InputError(f"the prediction {id_} could mean the part {first} or {second}")
        for part in meant:
            if part in taken:
                raise InputError(f"the predictions {taken[part]} and {id_} both mean {part}")
            taken[part] = id_
    return matched | {part: predictions[id_] for part, id_ in taken.items()}


def read_images(path: str) -> dict[str, str]:
    """Which picture each question was about, from CAD-Coder's ``{"question_id", "image"}``.

    Raises:
        InputError: a line has no such keys.
    """
    expected = '{"question_id", "image"}'
    images = {}
    for where, _, fields in read_objects(path, expected):
        if not isinstance(fields.get("image"), str):
            raise InputError(f"{where}: found the keys {sorted(fields)}, expected {expected}")
        images[id_of(fields.get("question_id"), "question_id", where)] = fields["image"]
    return images


def _names(id_: str, image: str | None) -> set[str]:
    return {name for text in (id_, image) if text for name in _short(text)}


def _short(text: str) -> Iterator[str]:
    name = posixpath.basename(text.replace("\\", "/").rstrip("/"))
    if _PICTURE.search(name):
        name = _PICTURE.sub("", name)
        yield _VIEW.sub("", name)
    yield _SHAPE_OR_PROGRAM.sub("", name)
