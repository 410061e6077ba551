from __future__ import annotations

from serve.artifacts import Artifacts


def test_files_are_found_by_answer_and_name() -> None:
    artifacts = Artifacts(100, ttl_s=10)
    artifacts.put("a", {"part.step": b"solid"})
    assert artifacts.get("a", "part.step") == b"solid"
    assert artifacts.get("a", "../part.step") is None
    assert artifacts.get("b", "part.step") is None


def test_files_expire() -> None:
    now = 0.0
    artifacts = Artifacts(100, ttl_s=10, clock=lambda: now)
    artifacts.put("a", {"f": b"1"})
    now = 9.9
    assert artifacts.get("a", "f") == b"1"
    now = 10.0
    assert artifacts.get("a", "f") is None


def test_the_least_recently_used_answer_is_crowded_out() -> None:
    artifacts = Artifacts(10, ttl_s=10)
    artifacts.put("a", {"f": b"1234"})
    artifacts.put("b", {"f": b"1234"})
    artifacts.get("a", "f")
    artifacts.put("c", {"f": b"1234"})
    assert [artifacts.get(id, "f") for id in "abc"] == [b"1234", None, b"1234"]


def test_the_newest_answer_is_kept_even_when_too_large() -> None:
    artifacts = Artifacts(10, ttl_s=10)
    artifacts.put("a", {"f": b"1"})
    artifacts.put("b", {"f": bytes(100)})
    assert artifacts.get("a", "f") is None
    assert artifacts.get("b", "f") == bytes(100)
