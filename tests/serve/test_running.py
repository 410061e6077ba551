from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cadvlm.errors import InputError
from serve.config import ServeConfig
from serve.running import deploy, refuse_taken_port


def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing_here"):
        deploy(ServeConfig(checkpoint=str(tmp_path / "nothing_here")))


def test_a_taken_port_is_refused_and_a_free_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            refuse_taken_port("127.0.0.1", port)
    refuse_taken_port("127.0.0.1", port)
