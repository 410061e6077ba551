import math

import pytest

from cadvlm.config.watch import RangeConfig
from cadvlm.errors import InputError
from cadvlm.training.lr_finder import is_broken, rates, report, suggest

SPAN = RangeConfig(lowest=1e-6, highest=1.0, steps=61)


def _loss(rate: float) -> float:
    """Flat, then falling around 1e-3, then breaking beyond 1e-2."""
    return 4 - 2 / (1 + (1e-3 / rate) ** 2) + (rate / 2e-2) ** 2


def test_rates_rise_by_one_factor_from_end_to_end():
    found = rates(SPAN)
    assert (found[0], found[-1]) == (pytest.approx(1e-6), pytest.approx(1.0))
    assert found[31] / found[30] == pytest.approx(found[1] / found[0])


def test_the_rate_where_the_loss_falls_fastest_is_suggested():
    losses = [_loss(rate) for rate in rates(SPAN)]
    found = suggest(rates(SPAN), losses)
    assert 5e-4 < found.suggested < 5e-3
    assert found.suggested < found.lowest < 0.1


def test_the_test_ends_where_the_loss_breaks():
    losses = [_loss(rate) for rate in rates(SPAN)]
    assert not is_broken(losses[:40])
    assert is_broken(losses)
    assert is_broken([4.0, math.nan])
    rows = report(suggest(rates(SPAN), losses), rates(SPAN), losses)["rows"]
    assert len(rows) < len(losses)
    assert all(math.isfinite(row["mean"]) for row in rows)


@pytest.mark.parametrize("losses", [[4.0] * 30, [4 + step for step in range(30)], []])
def test_a_loss_that_falls_nowhere_is_said_to(losses):
    with pytest.raises(InputError, match="falls at no rate"):
        suggest(rates(SPAN), losses)
