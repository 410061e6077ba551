"""What the tests of servers share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.serve.taught import teach

KEY = "sk-0123456789abcdef"


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learnt two programs."""
    folder = tmp_path_factory.mktemp("model") / "box"
    teach(folder)
    return folder
