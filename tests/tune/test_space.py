import pytest

from cadvlm.errors import ConfigError
from tune.space import search_space


def test_a_list_is_tried_in_full():
    assert search_space({"optimizer.lr": [1e-3, 1e-4]}) == {
        "optimizer.lr": {"grid_search": [1e-3, 1e-4]}
    }


def test_draws_stay_in_their_range():
    rate = search_space({"optimizer.lr": {"loguniform": [1e-5, 1e-3]}})["optimizer.lr"]
    assert all(1e-5 <= rate.sample() <= 1e-3 for _ in range(50))


@pytest.mark.parametrize("values", [3, [], {"normal": [0, 1]}, {"choice": 8}, {}])
def test_an_unknown_range_is_named(values):
    with pytest.raises(ConfigError, match=r"sweep\.space\.lora\.rank"):
        search_space({"lora.rank": values})
