from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from cadvlm.geometry.solid import Mesh, Solid
from serve.artifacts import Artifacts


def _solid(content: bytes) -> Solid:
    """That takes as much memory as ``content``, to which its file is to be."""
    none = np.empty((0, 3))
    return Solid(
        volume=1.0,
        area=6.0,
        bbox=(0, 0, 0, 1, 1, 1),
        center=np.zeros(3),
        inertia=np.eye(3),
        n_solids=1,
        n_faces=6,
        n_edges=12,
        mesh=Mesh(none, np.empty((0, 3), np.int32)),
        edge_points=none,
        edge_starts=np.empty(0, np.int32),
        files={"step": content},
    )


class Maker:
    """Gives every solid one file, ``f``, and counts."""

    def __init__(self, broken: int = 0) -> None:
        self.calls: list[str] = []
        self._broken = broken

    async def __call__(self, solid: Solid, view: str) -> Mapping[str, bytes]:
        self.calls.append(view)
        await asyncio.sleep(0)
        if len(self.calls) <= self._broken:
            raise RuntimeError("no builder")
        return {"f": solid.files["step"]}


def _artifacts(
    total_bytes: float, maker: Maker | None = None, clock: Callable[[], float] = lambda: 0.0
) -> Artifacts:
    return Artifacts(total_bytes, 10, maker or Maker(), clock)


def _get(artifacts: Artifacts, id: str, name: str = "f") -> bytes | None:
    return asyncio.run(artifacts.get(id, name))


def test_files_are_found_by_answer_and_name() -> None:
    artifacts = _artifacts(100)
    artifacts.put("a", _solid(b"1"), "iso")
    assert _get(artifacts, "a") == b"1"
    assert _get(artifacts, "a", "../f") is None
    assert _get(artifacts, "b") is None


def test_files_are_made_once_and_only_when_somebody_asks() -> None:
    maker = Maker()
    artifacts = _artifacts(100, maker)
    artifacts.put("a", _solid(b"1"), "front")
    assert maker.calls == []

    async def ask() -> list[bytes | None]:
        return await asyncio.gather(*(artifacts.get("a", "f") for _ in range(3)))

    assert asyncio.run(ask()) == [b"1"] * 3
    assert maker.calls == ["front"]


def test_a_client_that_goes_away_takes_nothing_from_the_others() -> None:
    artifacts = _artifacts(100)
    artifacts.put("a", _solid(b"1"), "iso")

    async def ask() -> bytes | None:
        gone = asyncio.create_task(artifacts.get("a", "f"))
        other = asyncio.create_task(artifacts.get("a", "f"))
        await asyncio.sleep(0)
        gone.cancel()
        return await other

    assert asyncio.run(ask()) == b"1"


def test_files_that_could_not_be_made_are_tried_again() -> None:
    artifacts = _artifacts(100, Maker(broken=1))
    artifacts.put("a", _solid(b"1"), "iso")
    with pytest.raises(RuntimeError):
        _get(artifacts, "a")
    assert _get(artifacts, "a") == b"1"


def test_files_expire() -> None:
    now = 0.0
    artifacts = _artifacts(100, clock=lambda: now)
    artifacts.put("a", _solid(b"1"), "iso")
    now = 9.9
    assert _get(artifacts, "a") == b"1"
    now = 10.0
    assert _get(artifacts, "a") is None


def test_the_least_recently_used_answer_is_crowded_out() -> None:
    artifacts = _artifacts(24)  # a solid, or one with its file
    for id in "ab":
        artifacts.put(id, _solid(b"12345678"), "iso")
    _get(artifacts, "a")  # 16 and 8
    artifacts.put("c", _solid(b"12345678"), "iso")
    assert [_get(artifacts, id) is not None for id in "abc"] == [True, False, True]


def test_made_files_crowd_others_out_too() -> None:
    artifacts = _artifacts(16)
    for id in "ab":
        artifacts.put(id, _solid(b"12345678"), "iso")
    assert _get(artifacts, "b") == b"12345678"
    assert _get(artifacts, "a") is None


def test_the_newest_answer_is_kept_even_when_too_large() -> None:
    artifacts = _artifacts(10)
    artifacts.put("a", _solid(b"1"), "iso")
    artifacts.put("b", _solid(bytes(100)), "iso")
    assert _get(artifacts, "a") is None
    assert _get(artifacts, "b") == bytes(100)
