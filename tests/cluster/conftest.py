"""A cluster of two machines, and storage outside both."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from cadvlm.storage import Folder
from tests.cluster.machines import Cluster, missing, network
from tests.s3 import BUCKET, Storage, storage


class Site(NamedTuple):
    """Two machines, and what both reach."""

    cluster: Cluster
    storage: Storage

    def folder(self, name: str) -> Folder:
        """A folder on the storage, as this process opens it."""
        return Folder(f"s3://{BUCKET}/{name}")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Machines ``head`` and ``worker`` of two cores each."""
    if reason := missing():
        pytest.skip(reason)
    with network() as joined, storage(joined.here) as s3, pytest.MonkeyPatch.context() as patch:
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        yield Site(Cluster(joined, "head", "worker", cpus=2, **s3.environment), s3)
