"""What the tests share: the real data, one Ray, and who needs what."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Nobody takes this machine away, and who waits for a run's end waits less: of dozens of short runs
# the actor that watches for the one, and the pauses between two looks at the other, take minutes.
os.environ["RAY_TRAIN_ENABLE_PREEMPTION_WATCHER"] = "0"
os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.5"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    no_gpu = pytest.mark.skip(reason="no GPU here")
    for item in items:
        if "ray_session" in getattr(item, "fixturenames", ()):
            item.add_marker("ray")
        if item.get_closest_marker("gpu") and shutil.which("nvidia-smi") is None:
            item.add_marker(no_gpu)
    # What takes minutes begins first: at the end short files share out better.
    _ON_RAY.update(item.path for item in items if item.get_closest_marker("ray"))
    items.sort(key=lambda item: item.path not in _ON_RAY)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.path not in _ON_RAY:
        # Nobody comes who needs it, and some count the files and the children of their process.
        _SHARED.close()


_ON_RAY: set[Path] = set()
"""Files with tests on Ray."""

_SHARED = ExitStack()
"""Ends the Ray that they share."""


TOGETHER = "tests/serve/endpoint/"
"""Files that share what takes long to start, and so go to one process."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As ``--dist loadfile`` does it, but for files that belong together."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real CAD files. Its absence skips, or fails where it must be there (CI)."""
    folder = Path(os.environ.get("CADVLM_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing = f"no real data in {folder} (CADVLM_REAL_DATA names the folder)"
        required = os.environ.get("CADVLM_REQUIRE_REAL_DATA") == "1"
        (pytest.fail if required else pytest.skip)(missing)
    return folder


@pytest.fixture(scope="session")
def ray_session() -> Iterator[None]:
    """A local Ray for all tests that ask for it: two workers and one core to spare."""
    from cluster.config import ClusterConfig
    from cluster.session import session

    with _SHARED:
        _SHARED.enter_context(session(ClusterConfig(address="local", cpus=3)))
        yield


@pytest.fixture(scope="module")
def ray_folder() -> Iterator[str]:
    """Where a Ray of the test's own keeps its session. Its sockets lie there, whose paths may have
    107 bytes: pytest's own folders are too long for that once their number has three digits."""
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture(scope="module")
def head(ray_folder: str) -> Iterator[dict[str, str]]:
    """A cluster that `ray start --head` started; the environment that talks to it."""
    from tests.head import head

    with head(ray_folder) as environment:
        yield environment
