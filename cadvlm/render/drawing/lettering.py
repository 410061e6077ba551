"""Letters as strokes, in the proportions of ISO 3098-1 type B: height 10, strokes 1 wide.

One lettering for all formats: a drawing looks the same everywhere, no font has to be there, and how
wide a text is, is known exactly. Curves are cornered, which at the height of dimensions is hard to
see and stays clear in small pictures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CAP_HEIGHT = 6
"""Height of capitals and digits in the units of the glyphs; the text's height means this."""

BASELINE = 2
GAP = 1.6
"""Between letters."""

# Each glyph: its width, then its strokes, points as two digits x, y. Capitals reach from 2 to 8.
_GLYPHS = {
    " ": "2",
    "0": "4 120307183847433212",
    "1": "2 062822",
    "2": "4 07183847460242",
    "3": "4 07183847463515 354443321203",
    "4": "4 42480444",
    "5": "4 480805354443321203",
    "6": "4 473818070312324344351504",
    "7": "4 084812",
    "8": "4 15060718384746351504031232434435",
    "9": "4 031232434738180706153546",
    ".": "1 0203",
    ",": "1 1301",
    ":": "1 0304 0607",
    "-": "3 0535",
    "+": "4 0545 2327",
    "/": "3 0238",
    "(": "2 18070312",
    ")": "2 08171302",
    "=": "4 0444 0646",
    "_": "4 0242",
    "%": "4 0248 0717 3343",
    "#": "4 1218 3238 0444 0646",
    "&": "4 42171828270403122243",
    "°": "2 0717280717",
    "×": "3 0337 0733",
    "⌀": "6 224264664828060422 0268",
    "↧": "4 0848 2822 0422 2244",
    "A": "4 022842 0444",
    "B": "4 020838474635053544433202",
    "C": "4 4738180703123243",
    "D": "4 02082846442202",
    "E": "4 48080242 0535",
    "F": "4 480802 0535",
    "G": "4 4738180703123243 4525",
    "H": "4 0208 4248 0545",
    "I": "1 0208",
    "J": "3 3833221203",
    "K": "4 0208 480442 1542",
    "L": "4 080242",
    "M": "4 0208254842",
    "N": "4 02084248",
    "O": "4 120307183847433212",
    "P": "4 02083847463505",
    "Q": "4 120307183847433212 2442",
    "R": "4 02083847463505 2542",
    "S": "4 473818070615354443321203",
    "T": "4 0848 2822",
    "U": "4 080312324348",
    "V": "4 082248",
    "W": "4 0812253248",
    "X": "4 0248 0842",
    "Y": "4 082548 2522",
    "Z": "4 08480242",
    "a": "3 16263532 321203041535",
    "b": "3 08022233352606",
    "c": "3 35260503122232",
    "d": "3 38322203051636",
    "e": "3 04343526160503122232",
    "f": "2 281812 0626",
    "g": "3 36302000 3232 36160503 1232",
    "h": "3 0802 04263532",
    "i": "1 0206 0708",
    "j": "1 101600 1718",
    "k": "3 0208 0436 1532",
    "l": "1 0208",
    "m": "4 0206 05162522 25364542",
    "n": "3 0206 04263532",
    "o": "3 160503122233352616",
    "p": "3 00062635332202",
    "q": "3 30361605031232",
    "r": "2 0206 041626",
    "s": "3 3616051424332202",
    "t": "2 181322 0626",
    "u": "3 0603122234 3632",
    "v": "3 061236",
    "w": "4 0612243246",
    "x": "3 0236 0632",
    "y": "3 0614 3610",
    "z": "3 06360232",
}


def width(text: str, height: float) -> float:
    """How wide a text is, from the first stroke to the last."""
    units = sum(_width(letter) for letter in text) + GAP * max(0, len(text) - 1)
    return units * height / CAP_HEIGHT


def strokes(text: str, height: float) -> list[NDArray[np.float64]]:
    """The text as polylines (N, 2), its baseline from the origin. Unknown letters are boxes."""
    at, drawn = 0.0, []
    for letter in text:
        for stroke in _GLYPHS.get(letter, "4 0208484202").split()[1:]:
            digits = np.array(list(map(int, stroke)), dtype=float).reshape(-1, 2)
            drawn.append((digits + np.array([at, -BASELINE])) * height / CAP_HEIGHT)
        at += _width(letter) + GAP
    return drawn


def _width(letter: str) -> int:
    return int(_GLYPHS.get(letter, "4")[0])
