from __future__ import annotations

import pytest

from cadvlm.training.together import dealt


@pytest.mark.parametrize("count", [0, 1, 7, 8])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_row_is_somebodys_and_nobody_has_more_than_another(count: int, workers: int) -> None:
    shares = [dealt(count, rank, workers).tolist() for rank in range(workers)]
    assert len({len(share) for share in shares}) == 1
    assert sorted(place for share in shares for place in share if place < count) == [*range(count)]
    assert sum(map(len, shares)) < count + workers
