"""What happened when a program ran."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cadvlm.geometry.solid import Solid


class Status(StrEnum):
    """How an execution ended. All but ``OK`` are failure classes, counted in every report."""

    OK = "ok"
    """At least one closed, valid solid of positive volume."""
    SYNTAX = "syntax"
    """Not Python; of a shape file, not what its kind says."""
    EXCEPTION = "exception"
    """The program raised."""
    NO_SOLID = "no_solid"
    """It ended normally and left no closed, valid solid of positive volume."""
    TIMEOUT = "timeout"
    """Killed at its processor or clock limit."""
    MEMORY = "memory"
    """Ran out of its memory limit."""
    CRASH = "crash"
    """The process died inside native code, or its result was not readable."""
    FORBIDDEN = "forbidden"
    """It tried what the sandbox does not allow."""


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """One program's fate. A bad program is data: nothing here is ever raised."""

    status: Status
    seconds: float
    """On the clock, from the request to the answer."""
    error: str | None = None
    """One line for people: exception and line number, the limit that was met, what was left."""
    result_name: str | None = None
    """The variable that held the shape, or ``show_object``."""
    solid: Solid | None = None
    """Present exactly when ``status`` is ``OK``."""
    unsound: Solid | None = None
    """All solids with closed shells and volume together, where some are not sound. For protocols
    that measure those too: its volume may be negative, its mesh inside out or not closed."""
