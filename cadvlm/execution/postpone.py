"""Imports put off until something of them is used.

CadQuery imports VTK, casadi and nlopt whole, to open windows and to solve constraints. Hardly any
program needs them, and every forked child pays for the memory they map.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


@contextmanager
def postponed(*packages: str) -> Iterator[None]:
    """Inside, an import of these packages binds stand-ins; using one later imports the real thing.

    Outside, an ``import`` statement is an ordinary one again.
    """
    finder = _Finder(frozenset(packages))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if type(module) is _StandIn]:
            del sys.modules[name]


class _Finder(MetaPathFinder, Loader):
    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        mine = name.partition(".")[0] in self._packages
        return ModuleSpec(name, self, is_package=True) if mine else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            return _Later(self.__name__, name)
        return getattr(importlib.import_module(self.__name__), name)


class _Later:
    """One attribute of a postponed module: a class or a function, for all the importer can tell."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _real(self) -> Any:
        return getattr(importlib.import_module(self._module), self._name)

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._real()(*args, **named)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __index__(self) -> int:
        return int(self._real())

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self._real())
