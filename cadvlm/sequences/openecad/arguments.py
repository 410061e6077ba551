"""What a word is given, checked: a number, a point, a list of what it needs."""

from __future__ import annotations

from typing import Any, TypeVar

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.model import Point2, Point3

Kind = TypeVar("Kind")


def of_kind(name: str, value: Any, kind: type[Kind]) -> Kind:
    """The value, if it is what the argument ``name`` has to be.

    Raises:
        Unreadable: ``arguments``, as all of this file.
    """
    if not isinstance(value, kind):
        found, wanted = (_word(each) for each in (type(value), kind))
        raise Unreadable("arguments", f"{name} is a {found}, expected a {wanted}")
    return value


def _word(kind: type) -> str:
    return kind.__name__.strip("_").lower()


def items(name: str, value: Any, kind: type[Kind]) -> list[Kind]:
    """A list of one kind that is not empty."""
    found = [of_kind(f"an item of {name}", item, kind) for item in of_kind(name, value, list)]
    if not found:
        raise Unreadable("empty_loop", f"{name} is empty")
    return found


def number(name: str, value: Any) -> float:
    return float(of_kind(name, value, float))


def index(name: str, value: Any, count: int) -> int:
    """A whole number below ``count``."""
    found = number(name, value)
    if found not in range(count):
        raise Unreadable("arguments", f"{name} is {found:g}, expected 0 to {count - 1}")
    return int(found)


def _numbers(name: str, value: Any, count: int) -> list[float]:
    numbers = [number(f"an item of {name}", item) for item in of_kind(name, value, list)]
    if len(numbers) != count:
        raise Unreadable("arguments", f"{name} has {len(numbers)} numbers, expected {count}")
    return numbers


def point2(name: str, value: Any) -> Point2:
    x, y = _numbers(name, value, 2)
    return x, y


def point3(name: str, value: Any) -> Point3:
    x, y, z = _numbers(name, value, 3)
    return x, y, z
