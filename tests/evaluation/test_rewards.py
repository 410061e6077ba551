"""What programs earn, honest ones and those that a model would find out if they paid."""

import pytest

from cadvlm.config.execution import Limits
from cadvlm.config.reward import RewardConfig
from cadvlm.evaluation.rewards import Attempt, Judge
from cadvlm.records import CadProgram
from cadvlm.scoring.reward import Reward

BLOCK = "cq.Workplane('XY').box(20, 10, 10)"
HALF = "cq.Workplane('XY').box({}, 10, 10).translate(({}, 0, 0))"
HAND = (
    "cq.Workplane('XY').box(40, 10, 10, centered=False)"
    ".union(cq.Workplane('XY').box(10, 30, 10, centered=False))"
    ".union(cq.Workplane('XY').box(10, 10, 20, centered=False).translate((30, 0, 0)))"
)
HOLLOW = f"{BLOCK}.cut(cq.Workplane('XY').box(19, 9, 9))"
PILE = "[cq.Workplane('XY').box(20, 10, 10).val() for _ in range(3)]"


@pytest.fixture(scope="module")
def judge() -> Judge:
    judge = Judge(RewardConfig(limits=Limits(cpu_s=5, wall_s=30), size=4))
    judge.ready()
    return judge


def program(shape: str) -> CadProgram:
    return CadProgram(f"import cadquery as cq\nresult = {shape}\n")


def paid(judge: Judge, shape: str, wanted: str) -> Reward:
    [reward] = judge.pay([Attempt(0, program(shape), program(wanted))])
    assert reward is not None
    return reward


def test_the_part_itself_earns_everything_and_half_of_it_half(judge):
    assert paid(judge, BLOCK, BLOCK) == (pytest.approx(1), pytest.approx(1), None)
    # 20 x 10 x 5 in a box of side 20 shares half of the block.
    half = paid(judge, "cq.Workplane('XY').box(20, 10, 5)", BLOCK)
    assert half == (pytest.approx(1 / 2, abs=1e-3), pytest.approx(1 / 2, abs=1e-3), None)


@pytest.mark.parametrize(
    ("shape", "wanted", "gate"),
    [
        (
            f"cq.Compound.makeCompound([{HALF.format(15, -2.5)}.val(), "
            f"{HALF.format(15, 2.5)}.val()])",
            BLOCK,
            "overlap",
        ),
        (f"cq.Compound.makeCompound({PILE})", BLOCK, "overlap"),
        (f"{HAND}.mirror('XY')", HAND, "mirror"),
        (f"{HAND}.mirror('YZ')", HAND, "mirror"),
        (HOLLOW, BLOCK, "void"),
        ("cq.Workplane('XY').box(80, 40, 40)", BLOCK, "size"),
        ("cq.Workplane('XY').box(2000, 2000, 2000)", BLOCK, "size"),
        ("cq.Workplane('XY').box(5, 2.5, 2.5)", BLOCK, "size"),
    ],
)
def test_what_was_come_by_dishonestly_earns_nothing(judge, shape, wanted, gate):
    reward = paid(judge, shape, wanted)
    assert (reward.value, reward.refused) == (0, gate)
    assert reward.iou <= 1


def test_the_gates_let_honest_parts_through(judge):
    for shape in (
        HAND,  # chiral
        f"cq.Compound.makeCompound([{HALF.format(10, -5)}.val(), {HALF.format(10, 5)}.val()])",
        HOLLOW,  # where the reference is hollow too
    ):
        assert paid(judge, shape, shape) == (pytest.approx(1), pytest.approx(1), None), shape


def test_a_wrong_part_that_is_no_mirror_image_earns_what_it_shares(judge):
    reward = paid(judge, "cq.Workplane('XY').box(40, 30, 20)", HAND)
    assert 0.1 < reward.value == reward.iou < 0.5


def test_a_program_without_a_solid_earns_the_penalty(judge):
    assert paid(judge, "1 / 0", BLOCK) == (-1, 0, "invalid")
    assert paid(judge, "None", BLOCK) == (-1, 0, "invalid")


def test_a_reference_that_does_not_build_pays_nobody(judge):
    assert judge.pay([Attempt(0, program(BLOCK), program("1 / 0"))]) == [None]


def test_equal_programs_are_judged_once(judge):
    runs = judge._recent.cache_info().misses
    attempts = [Attempt(place, program(HAND), program(HAND)) for place in range(3)]
    assert [reward.value for reward in judge.pay(attempts) if reward] == pytest.approx([1] * 3)
    assert judge._recent.cache_info().misses - runs <= 1
