from collections.abc import Iterator

import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.scoring.features import feature_match
from tests.geometry.test_features import built
from tests.meshes import solid_box

PLATE = "W().box(40, 30, 10).faces('>Z').workplane()"
REFERENCE = PLATE + ".rarray(20, 10, 2, 2).hole({d}).edges('|Z and >X').fillet(3)"
"""A plate with four holes and two fillets."""

CANDIDATES = {
    "itself": (REFERENCE.format(d=4), 1),
    "twice the size and elsewhere": (
        "W().box(80, 60, 20).faces('>Z').workplane().rarray(40, 20, 2, 2).hole(8)"
        ".edges('|Z and >X').fillet(6).translate((5, 6, 7))",
        1,
    ),
    "holes 4 % wider": (REFERENCE.format(d=4.16), 1),
    "holes 6 % wider": (REFERENCE.format(d=4.24), 2 / 6),
    "holes elsewhere": (REFERENCE.format(d=4).replace("(20, 10", "(20, 16"), 2 / 6),
    "two holes of four": (
        PLATE + ".pushPoints([(10, 5), (10, -5)]).hole(4).edges('|Z and >X').fillet(3)",
        8 / 10,
    ),
    "a hole too many": (REFERENCE.format(d=4) + ".faces('<Z').workplane().hole(5)", 12 / 13),
    "fillets on the other side": (REFERENCE.format(d=4).replace(">X", "<X"), 8 / 12),
    "holes blind": (REFERENCE.format(d="4, 9.9"), 4 / 12),
    "nothing": ("W().box(40, 30, 10)", 0),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", CANDIDATES)
def test_match_is_the_f1_of_features_in_their_places(sandbox: Sandbox, name: str):
    code, expected = CANDIDATES[name]
    reference = built(sandbox, REFERENCE.format(d=4))
    assert feature_match(built(sandbox, code), reference) == pytest.approx(expected)


def test_a_reference_without_features_says_nothing(sandbox: Sandbox):
    plain, drilled = built(sandbox, "W().box(1, 2, 3)"), built(sandbox, REFERENCE.format(d=4))
    assert feature_match(drilled, plain) is None


def test_triangles_say_nothing(sandbox: Sandbox):
    drilled = built(sandbox, REFERENCE.format(d=4))
    assert feature_match(drilled, solid_box()) is None
    assert feature_match(solid_box(), drilled) is None
