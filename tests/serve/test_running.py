from __future__ import annotations

from pathlib import Path

import pytest

from cadvlm.errors import InputError
from serve.config import ServeConfig
from serve.running import deploy


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing_here"):
        deploy(ServeConfig(checkpoint=str(tmp_path / "nothing_here")))
