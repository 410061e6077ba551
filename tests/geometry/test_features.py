"""Features of programs that say what they should be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.facts import FACE, JOINT, Facts, fault
from cadvlm.geometry.features import Feature, Kind, recognise
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from tests.meshes import solid_box

PLATE = "W().box(40, 30, 10)"
ON_TOP = PLATE + ".faces('>Z').workplane()"
ROUND = ".edges('|Z').fillet(3)"
DRILLED = ON_TOP + ".hole(10)"
BRACKET = (
    "W().polyline([(0, 0), (40, 0), (40, 10), (10, 10), (10, 30), (0, 30)]).close().extrude(20)"
)

Found = tuple[Kind, str, dict[str, float]]


def hole(form: str, diameter: float, depth: float) -> Found:
    return Kind.HOLE, form, {"diameter": diameter, "depth": depth}


def chamfer(longer: float, shorter: float) -> Found:
    return Kind.CHAMFER, "", {"longer": longer, "shorter": shorter}


CASES: dict[str, tuple[str, list[Found]]] = {
    "box": (PLATE, []),
    "drilled through": (DRILLED, [hole("through", 10, 10)]),
    "drilled blind": (ON_TOP + ".hole(8, 4)", [hole("blind", 8, 4)]),
    "drilled with a tip": (
        f"{PLATE}.cut(cq.Workplane(cq.Solid.makeCylinder(3, 6))).cut("
        "cq.Workplane(cq.Solid.makeCone(1, 3, 1, pnt=cq.Vector(0, 0, -1))))",
        [hole("blind", 6, 5)],
    ),
    "two half faces": (
        "W().rect(20, 20).moveTo(-3, 0).threePointArc((0, 3), (3, 0))"
        ".threePointArc((0, -3), (-3, 0)).close().extrude(10)",
        [hole("through", 6, 10)],
    ),
    "counterbored": (
        ON_TOP + ".cboreHole(6, 12, 3)",
        [hole("blind", 12, 3), hole("through", 6, 7)],
    ),
    "countersunk": (ON_TOP + ".cskHole(6, 12, 90)", [hole("through", 6, 7), chamfer(3, 3)]),
    "crossing": (
        "W().box(40, 30, 20).faces('>Z').workplane().hole(6)"
        ".faces('>X').workplane(centerOption='CenterOfBoundBox').hole(4)",
        [hole("through", 6, 20), hole("through", 4, 40)],
    ),
    "through two walls": (
        "W().box(40, 30, 30).cut(W().box(20, 30, 20).translate((0, 0, 5)))"
        ".cut(W('YZ').circle(3).extrude(50, both=True))",
        [hole("through", 6, 40)],
    ),
    "rim rounded": (
        DRILLED + ".faces('>Z').edges('%CIRCLE').fillet(1)",
        [hole("through", 10, 9), (Kind.FILLET, "convex", {"radius": 1})],
    ),
    "rim chamfered": (
        DRILLED + ".faces('>Z').edges('%CIRCLE').chamfer(1)",
        [hole("through", 10, 9), chamfer(1, 1)],
    ),
    "tube": ("W().circle(5).circle(3).extrude(30)", [hole("through", 6, 30)]),
    "corners rounded": (PLATE + ROUND, [(Kind.FILLET, "convex", {"radius": 3})] * 4),
    "corners drawn round": (
        "W().sketch().rect(40, 30).vertices().fillet(3).finalize().extrude(10)",
        [(Kind.FILLET, "convex", {"radius": 3})] * 4,
    ),
    "all edges rounded": (
        PLATE + ".edges().fillet(2)",
        [(Kind.FILLET, "convex", {"radius": 2})] * 12,
    ),
    "rounded twice": (
        PLATE + ROUND + ".faces('>Z').edges().fillet(1)",
        [(Kind.FILLET, "convex", {"radius": 3})] * 4 + [(Kind.FILLET, "convex", {"radius": 1})] * 8,
    ),
    "inner corner rounded": (
        BRACKET + ".edges(cq.selectors.NearestToPointSelector((10, 10, 10))).fillet(4)",
        [(Kind.FILLET, "concave", {"radius": 4})],
    ),
    "corners cut": (PLATE + ".edges('|Z').chamfer(2)", [chamfer(2, 2)] * 4),
    "corners cut unevenly": (PLATE + ".faces('>Z').edges().chamfer(1, 2)", [chamfer(2, 1)] * 4),
    "shaft with its end cut": (
        "W().circle(5).extrude(30).faces('>Z').edges().chamfer(1)",
        [chamfer(1, 1)],
    ),
    "octagon": ("W().polygon(8, 20).extrude(5)", []),
    "slot": (
        ON_TOP + ".slot2D(20, 6).cutThruAll()",
        [(Kind.POCKET, "through", {"depth": 10, "perimeter": 28 + 6 * np.pi})],
    ),
    "pocket": (
        ON_TOP + ".rect(20, 10).cutBlind(-4)",
        [(Kind.POCKET, "blind", {"depth": 4, "perimeter": 60})],
    ),
    "hole in a pocket": (
        ON_TOP + ".rect(20, 10).cutBlind(-4).faces('<Z').workplane().hole(4)",
        [(Kind.POCKET, "blind", {"depth": 4, "perimeter": 60}), hole("through", 4, 6)],
    ),
    "round boss": (
        ON_TOP + ".circle(5).extrude(6)",
        [(Kind.BOSS, "", {"height": 6, "perimeter": 10 * np.pi})],
    ),
    "square boss": (
        ON_TOP + ".rect(8, 5).extrude(6)",
        [(Kind.BOSS, "", {"height": 6, "perimeter": 26})],
    ),
    "drilled boss": (
        ON_TOP + ".circle(5).extrude(6).faces('>Z').workplane().hole(4)",
        [(Kind.BOSS, "", {"height": 6, "perimeter": 10 * np.pi}), hole("through", 4, 16)],
    ),
    "notch": (PLATE + ".cut(W().center(20, 0).circle(5).extrude(20, both=True))", []),
    "cone": ("cq.Workplane(cq.Solid.makeCone(5, 2, 12))", []),
    "ball": ("W().sphere(5)", []),
    "ring": ("cq.Workplane(cq.Solid.makeTorus(10, 3))", []),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", CASES)
def test_features_are_those_that_the_program_makes(sandbox: Sandbox, name: str):
    code, expected = CASES[name]
    features = recognise(built(sandbox, code))
    assert Counter(map(_told, features)) == Counter(map(_rounded, expected))


def test_a_hole_knows_its_place_and_direction(sandbox: Sandbox):
    code = PLATE + ".faces('>X').workplane(origin=(20, 5, 2)).hole(4, 10)"
    (found,) = recognise(built(sandbox, code))
    assert found.at == pytest.approx([15, 5, 2])
    assert np.abs(found.axis) == pytest.approx([1, 0, 0])


def test_a_feature_knows_its_faces(sandbox: Sandbox):
    solid = built(sandbox, DRILLED + ROUND)
    assert solid.facts is not None
    for found in recognise(solid):
        radius = found.sizes.get("radius", found.sizes.get("diameter", 0) / 2)
        assert solid.facts.faces["radius"][list(found.faces)] == pytest.approx(radius)


def test_an_uncleaned_union_has_the_same_features(sandbox: Sandbox):
    halves = "W().box(20, 30, 10).union(W().box(20, 30, 10).translate((20, 0, 0)), clean=False)"
    drill = ".cut(W().circle(4).extrude(20, both=True))"
    solid = built(sandbox, halves + drill)
    assert solid.n_faces > 7
    assert [_told(feature) for feature in recognise(solid)] == [_rounded(hole("through", 8, 10))]


def test_triangles_have_no_features():
    assert recognise(solid_box()) == []


def built(sandbox: Sandbox, code: str) -> Solid:
    result = sandbox.run(CadProgram(f"import cadquery as cq\nW = cq.Workplane\nresult = {code}\n"))
    assert result.solid is not None, result.error
    return result.solid


def _told(feature: Feature) -> tuple[object, ...]:
    return _rounded((feature.kind, feature.form, feature.sizes))


def _rounded(found: Found) -> tuple[object, ...]:
    kind, form, sizes = found
    return kind, form, *sorted((name, round(size, 3)) for name, size in sizes.items())


def test_facts_that_weremade_up_do_no_harm():
    box = (0, 0, 0, 1, 1, 1)
    for seed in range(200):
        facts = made_up(np.random.default_rng(seed))
        assert fault(facts, 1, box) is None
        for feature in recognise(replace(solid_box(), bbox=box, facts=facts)):
            assert np.isfinite([*feature.at, *feature.axis, *feature.sizes.values()]).all()


def made_up(random: np.random.Generator) -> Facts:
    """Numbers such as a liar would think of, but none that a report refuses."""
    faces, joints = np.zeros(30, FACE), np.zeros(60, JOINT)
    for name in ("area", "center", "point", "radius", "second", "around", "along"):
        faces[name] = random.choice([0, 1, 2, 1e-9, 4e8], faces[name].shape)
    for name in ("length", "bend", "radius", "middle"):
        joints[name] = random.choice([0, 0, 1, 0.3, 4e8], joints[name].shape)
    faces["axis"] = np.eye(3)[random.integers(3, size=30)]
    faces["surface"] = random.integers(6, size=30)
    faces["sense"] = random.integers(-1, 2, 30)
    joints["faces"] = random.integers(30, size=(60, 2))
    joints["loops"] = random.integers(-1, 3, (60, 2))
    joints["curve"] = random.integers(3, size=60)
    return Facts(faces, joints)
