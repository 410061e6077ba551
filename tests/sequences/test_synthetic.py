"""The made-up parts: the same everywhere, many, balanced, and always sound."""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from cadvlm import execution
from cadvlm.sequences.synthetic import (
    ALL,
    FAMILIES,
    GROUPS,
    LONGEST,
    MACHINES,
    chosen,
    part,
    words,
)


def test_a_part_does_not_depend_on_the_parts_drawn_before_it():
    forwards = [part(3, index) for index in range(50)]
    backwards = [part(3, index) for index in reversed(range(50))]
    assert forwards == backwards[::-1]


def test_another_interpreter_draws_the_same_part():
    code = "from cadvlm.sequences.synthetic import part; print(part(3, 12345)[1].digest)"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == part(3, 12345)[1].digest


def test_another_seed_draws_other_parts():
    assert [part(0, index) for index in range(50)] != [part(1, index) for index in range(50)]


def test_families_are_balanced():
    drawn = Counter(part(0, index)[0] for index in range(100 * len(FAMILIES)))
    assert drawn == dict.fromkeys(FAMILIES, 100)


def test_programs_hold_only_small_integers_and_few_of_them():
    for index in range(2000):
        code = part(0, index, GROUPS["all"])[1].code
        numbers = re.findall(r"[\d.]*\d[\d.]*", code)
        assert all(number.isdecimal() and int(number) <= 360 for number in numbers), code
        assert len(numbers) <= 14, code


def test_there_are_many_distinct_parts_in_every_family():
    distinct = defaultdict(set)
    for index in range(2000 * len(FAMILIES)):
        family, program = part(0, index)
        distinct[family].add(program.code)
    assert min(map(len, distinct.values())) >= 300, {name: len(s) for name, s in distinct.items()}
    assert sum(map(len, distinct.values())) >= 20_000


def test_operations_are_the_calls_that_shape_the_solid():
    drawn = dict(part(0, index) for index in range(len(FAMILIES)))
    assert drawn["corner_hole_plate"].operations == ("box", "hole")
    assert drawn["pocket_block"].operations == ("box", "cutBlind")
    assert drawn["ribbed_bracket"].operations == ("extrude", "extrude")
    assert drawn["cone"].operations == ("revolve",)


@pytest.mark.parametrize("family", ALL)
def test_every_part_is_one_valid_solid_with_the_fixed_longest_side(family):
    first = list(ALL).index(family)
    for index in range(first, first + 4 * len(ALL), len(ALL)):
        name, program = part(0, index, GROUPS["all"])
        assert name == family
        result = execution.run(program)
        assert result.solid is not None, f"{result.status}: {result.error}\n{program.code}"
        assert result.solid.n_solids == (2 if family == "pin_assembly" else 1)
        low, high = result.solid.bbox[:3], result.solid.bbox[3:]
        longest = max(b - a for a, b in zip(low, high, strict=True))
        assert longest == pytest.approx(LONGEST, abs=1e-3), program.code


@pytest.mark.parametrize("family", MACHINES)
def test_a_machine_is_one_sound_solid_of_ten_operations_and_more(family):
    for index in range(3):
        name, program = part(0, index, [family])
        assert name == family
        assert len(program.operations) >= 10, program.operations
        result = execution.run(program)
        assert result.solid is not None, f"{result.status}: {result.error}\n{program.code}"
        assert result.unsound is None
        assert result.solid.n_solids == (5 if family == "pump_assembly" else 1), program.code


def test_machines_draw_many_distinct_parts_and_have_every_kind_of_operation():
    drawn = [part(0, index, GROUPS["machines"])[1] for index in range(40 * len(MACHINES))]
    assert len({program.code for program in drawn}) > 0.95 * len(drawn)
    kinds = {operation for program in drawn for operation in program.operations}
    assert {"fillet", "chamfer", "shell", "loft", "sweep", "revolve", "text", "Assembly"} <= kinds


def test_families_beyond_leave_those_before_as_they_are():
    assert list(ALL)[: len(FAMILIES)] == list(FAMILIES) == list(GROUPS["default"])
    assert [part(7, index)[1] for index in range(60)] == [
        part(7, index, GROUPS["default"])[1] for index in range(60)
    ]


def test_families_are_chosen_by_name_or_group_each_once():
    assert chosen(["tube", "sketches"])[:2] == ["tube", "l_profile"]
    assert len(chosen(["all", "default"])) == len(ALL)
    with pytest.raises(KeyError, match="gear"):
        chosen(["gear"])


def test_sketches_do_nothing_but_sketch_and_extrude():
    drawn = {part(0, index, GROUPS["sketches"])[1].operations for index in range(200)}
    assert {operation for operations in drawn for operation in operations} == {"extrude"}


@pytest.mark.parametrize("family", words.TOLD)
def test_the_words_of_a_part_have_every_number_that_differs(family):
    told = {}
    for index in range(300):
        program = part(0, index, [family])[1]
        told.setdefault(words.words(family, program), set()).add(program.code)
    assert all(len(codes) == 1 for codes in told.values())
    assert len(told) > 100
