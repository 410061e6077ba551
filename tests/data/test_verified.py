"""That a concise program which builds something else is not used."""

from collections.abc import Iterator

import pytest

from cadvlm.codegen import write
from cadvlm.data.verified import verified
from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram, Part
from cadvlm.sequences.model import Boolean, ConstructionSequence, Profile
from tests.codegen.sketches import box, circle, extrude

PLATE = extrude(Profile(box(0, 0, 40, 20)), end=5)
HOLE = extrude(Profile(circle(10, 10, 3)), boolean=Boolean.CUT, end=5)
SEQUENCE = ConstructionSequence((PLATE, HOLE))
CONCISE, PLAIN = write(SEQUENCE, "idiomatic"), write(SEQUENCE, "verbatim")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def part(program: CadProgram, sequence: ConstructionSequence = SEQUENCE) -> Part:
    return Part("part", "deepcad", program, sequence.to_json(), ours=True)


def test_a_concise_program_that_agrees_is_used(sandbox: Sandbox) -> None:
    (result,) = sandbox.run_ours([CONCISE])
    ((kept, built),) = verified(sandbox, [(part(CONCISE), result)])
    assert kept.program == CONCISE
    assert not kept.plain_instead
    assert built is result


@pytest.mark.parametrize(
    "change", [("hole(6)", "hole(5.9)"), (".hole(6)", ".hole(6, 4)"), (")", "")]
)
def test_one_that_builds_another_solid_or_none_is_not(
    sandbox: Sandbox, change: tuple[str, str]
) -> None:
    wrong = CadProgram(CONCISE.code.replace(*change))
    assert wrong != CONCISE
    (result,) = sandbox.run_ours([wrong])
    ((kept, built),) = verified(sandbox, [(part(wrong), result)], exports=("brep",))
    assert kept.program == PLAIN
    assert kept.plain_instead
    assert built is not None
    assert built.solid is not None
    assert "brep" in built.solid.files


def test_where_the_plain_one_fails_the_concise_one_stays(sandbox: Sandbox) -> None:
    nothing = ConstructionSequence((PLATE, extrude(*PLATE.profiles, boolean=Boolean.CUT, end=5)))
    (result,) = sandbox.run_ours([CONCISE])
    ((kept, _),) = verified(sandbox, [(part(CONCISE, nothing), result)])
    assert kept.program == CONCISE


def test_what_has_no_sequence_and_what_is_not_ours_passes(sandbox: Sandbox) -> None:
    foreign = Part("x", "scripts", CadProgram("result = 1"))
    caption = Part("y", "captions", CadProgram("a plate", "text"), images=())
    assert list(verified(sandbox, [(foreign, None), (caption, None)])) == [
        (foreign, None),
        (caption, None),
    ]
