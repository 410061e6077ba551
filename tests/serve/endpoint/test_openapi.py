from __future__ import annotations

import httpx
import pytest

from tests.serve.conftest import KEY
from tests.serve.fuzz import failures

pytestmark = [pytest.mark.ray, pytest.mark.slow]


def test_no_request_that_the_document_allows_or_forbids_breaks_the_server(
    endpoint: httpx.Client,
) -> None:
    assert failures(str(endpoint.base_url).rstrip("/"), {"Authorization": f"Bearer {KEY}"}) == []
