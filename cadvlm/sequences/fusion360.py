"""The Fusion 360 Gallery's reconstruction files: sketches and extrudes as JSON, in centimetres.

As the dataset's documentation and its own importer (AutodeskAILab/Fusion360GalleryDataset) have it:

- features are ordered by ``timeline``; ``sequence`` lists single curves as well;
- a symmetric extent says by ``is_full_length`` whether its distance is that of both sides together;
- an extrude may start at an offset from its sketch; there is no ``extent_two`` on one side.

What a construction sequence does not have is refused by its name: ellipses and splines
(``unsupported_curve``), ``taper``, and new components (``unsupported_operation``). Files of the
assembly and joint datasets, and of the reconstruction dataset's first format without ``sequence``,
are ``not_fusion360``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.features import Tree, length, load, sequence
from cadvlm.sequences.model import ConstructionSequence

CENTIMETRE_MM = 10.0


def read(text: str) -> ConstructionSequence:
    """Read one file's text.

    Raises:
        Unreadable: with reason ``corrupt_json``, ``not_fusion360``, ``taper``,
            ``unsupported_extent`` and those of :func:`cadvlm.sequences.features.sequence`.
    """
    tree = load(text, {"timeline", "entities", "sequence"}, "not_fusion360")
    return sequence(tree, _features(tree), CENTIMETRE_MM, _extent)


def _features(tree: Tree) -> Iterator[Tree]:
    for step in sorted(tree["timeline"], key=lambda step: step["index"]):
        yield tree["entities"][step["entity"]]


def _extent(feature: Tree, name: str) -> tuple[float, float]:
    """Where the sweep starts and ends along the normal, in millimetres."""
    one = _distance(feature["extent_one"], name)
    match feature["extent_type"]:
        case "OneSideFeatureExtentType":
            start, end = 0.0, one
        case "SymmetricFeatureExtentType":
            half = abs(one) / 2 if feature["extent_one"]["is_full_length"] else abs(one)
            start, end = -half, half
        case "TwoSidesFeatureExtentType":
            start, end = -_distance(feature["extent_two"], name), one
        case other:
            raise Unreadable("unsupported_extent", f"{other} in {name}")
    match feature["start_extent"]:
        case {"type": "ProfilePlaneStartDefinition"}:
            return start, end
        case {"type": "OffsetStartDefinition", "offset": {"value": float() | int() as value}}:
            offset = length(value, CENTIMETRE_MM)
            return start + offset, end + offset
        case other:
            raise Unreadable("unsupported_extent", f"{name} starts at {other.get('type')}")


def _distance(extent: Tree, name: str) -> float:
    if extent.get("taper_angle", {}).get("value"):
        raise Unreadable("taper", f"{name} is drawn in or out")
    if "distance" not in extent:
        raise Unreadable("unsupported_extent", f"{name} ends at {extent.get('type')}")
    return length(extent["distance"]["value"], CENTIMETRE_MM)
