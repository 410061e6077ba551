"""What the reader of straight-line Python does, and all that it refuses."""

from typing import Any

import pytest

from cadvlm.sequences import script
from cadvlm.sequences.errors import Unreadable


def ran(text: str) -> dict[str, Any]:
    """The names that a program leaves, with a function ``pair(a, b=2)`` to call."""
    names: dict[str, Any] = {}
    script.run(script.parse(text), {"pair": lambda a, b=2.0: (a, b)}, names.__setitem__)
    return names


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        ran(text)
    return caught.value.reason, caught.value.detail


def test_numbers_are_computed() -> None:
    text = "import math\nx = -np.pi/2 + 3*(1 - .5)\ny = math.pi\nz = +1e-3"
    assert ran(text) == pytest.approx({"x": -1.5707963 + 1.5, "y": 3.1415927, "z": 0.001})


def test_functions_take_their_arguments_by_place_and_by_name() -> None:
    assert ran("x = pair(1)\ny = pair(b='s', a=[True, None])") == {
        "x": (1, 2),
        "y": ([True, None], "s"),
    }


def test_a_list_is_one_list_under_all_its_names() -> None:
    assert ran("a, b = [], [7]\nc = a\nc.append(b[0])\nd = a[-1]")["d"] == 7


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "from os import system",
        "x = open('/etc/passwd')",
        "x = eval",
        "exec('x = 1')",
        "x = __import__('os')",
        "x = ().__class__.__bases__",
        "x = np.load",
        "x = 'a'.join",
        "x = [].extend",
        "x = [y for y in []]",
        "x = lambda: 1",
        "x = f'{1}'",
        "x = 2 ** 9",
        "x = 1 if 1 else 2",
        "x = pair(*[1])",
        "x = pair(**{})",
        "x = y = 1",
        "x += 1",
        "[].x = 1",
        "for i in []: pair(i)",
        "while True: pair(1)",
        "def f(): pair(1)",
        "class A: x = 1",
        "x = (y := 1)",
        "x = b'1'",
        "x = 1j",
        "x = 1" + " + 1" * 900,
    ],
)
def test_what_is_not_known_is_forbidden(text: str) -> None:
    reason, detail = refusal("import numpy as np\n" + text)
    assert reason == "forbidden"
    assert detail.startswith("line 2: ")


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("x = (", "syntax", "line 1: '(' was never closed"),
        ("x = 1\0", "syntax", "null bytes"),
        ("x = '\ud800'", "syntax", "surrogates"),
        ("x = " + "-" * 50_000 + "1", "syntax", "nested too deeply"),
        ("x" + ".y" * 50_000, "syntax", "depth"),
        ("#" * 300_000, "too_long", "300,000 characters"),
        ("\nx = y", "undefined", "line 2: no y here"),
        ("x = fillet(1)", "undefined", "no fillet here"),
        ("x = pair()", "arguments", "pair: missing a required argument: 'a'"),
        ("x = pair(1, c=1)", "arguments", "unexpected keyword argument 'c'"),
        ("x = [] * 9", "arguments", "[] is not a number"),
        ("x = 'a' + 'b'", "arguments", "'a' is not a number"),
        ("x = 1 / 0", "arguments", "zero"),
        ("x = 1e999", "arguments", "inf is beyond 1e+09"),
        ("x = " + "9" * 400, "arguments", "too large"),
        ("x = [1][1]", "arguments", "item 1 of a list of 1"),
        ("x = [1][0.5]", "arguments", "whole number"),
        ("pair(1).append(2)", "arguments", "not a list"),
    ],
)
def test_faults_are_told_apart_and_placed(text: str, reason: str, detail: str) -> None:
    found = refusal(text)
    assert found[0] == reason
    assert detail in found[1]
