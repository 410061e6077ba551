"""What is in the repository, for tests that look at all of it."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bench", "cadvlm", "cluster", "jobs", "manual", "serve", "studies", "tune")


def files(pattern: str, *folders: str) -> Iterator[Path]:
    """Files of our own below the named folders, or below all packages and the tests."""
    for folder in folders or (*PACKAGES, "tests"):
        yield from sorted(
            path for path in (ROOT / folder).rglob(pattern) if "__pycache__" not in path.parts
        )


def name(path: Path) -> str:
    """How a file is called in a message: from the repository's root."""
    return str(path.relative_to(ROOT))
