import math

import pytest

from cadvlm.reports.advice import findings


def _row(step, loss, **more):
    row = {
        "step": step,
        "steps": 40,
        "loss": loss,
        "lr": 1e-4,
        "data_wait_share": 0.0,
        "padding_share": 0.1,
    }
    return {**row, "mfu": None, "skipped": 0, **more}


def _rows(losses, **more):
    return [_row(step, loss, **more) for step, loss in enumerate(losses, start=1)]


FALLING = [4 / (1 + step / 5) for step in range(40)]


def _kinds(rows):
    return [finding.kind for finding in findings(rows)]


def test_a_run_that_goes_well_gives_nothing_to_say():
    assert findings(_rows(FALLING)) == []
    assert findings([]) == []


def test_over_fitting_is_a_validation_loss_more_than_a_half_above():
    rows = _rows(FALLING)
    rows[19]["val_loss"], rows[39]["val_loss"] = FALLING[19] + 0.51, FALLING[39] + 0.6
    [found] = findings(rows)
    assert (found.kind, found.step) == ("over-fitting", 20)
    assert "0.60" in found.found
    assert "lora.dropout" in found.advice
    rows[39]["val_loss"] = FALLING[39] + 0.49
    assert _kinds(rows) == []


def test_a_loss_that_rises_again_says_that_the_rate_is_too_high():
    [found] = findings(_rows(FALLING + [1.5] * 20))
    assert found.kind == "learning rate too high"
    assert "3e-05" in found.advice


def test_a_loss_that_stands_says_that_the_rate_is_too_low():
    [found] = findings(_rows([4.0, 4.01] * 10))
    assert found.kind == "learning rate too low"
    assert "0.0003" in found.advice


def test_a_validation_loss_still_falling_at_the_end_asks_for_more():
    rows = _rows(FALLING)
    for step, loss in ((10, 2.0), (20, 1.5), (39, 1.0)):
        rows[step]["val_loss"] = loss if step != 39 else rows[39]["loss"]
    assert _kinds(rows) == ["still learning"]
    assert _kinds([row | {"steps": 50} for row in rows]) == []


@pytest.mark.parametrize(
    ("figures", "kind", "setting"),
    [
        ({"data_wait_share": 0.2}, "waiting for data", "cache_gb"),
        ({"padding_share": 0.5}, "much padding", "grouped_batches"),
        ({"mfu": 0.1}, "devices badly used", "micro_batch_size"),
        ({"skipped": 3}, "skipped steps", "optimizer.lr"),
    ],
)
def test_what_is_wasted_or_skipped_is_told_with_the_setting(figures, kind, setting):
    [found] = findings(_rows(FALLING, **figures))
    assert found.kind == kind
    assert setting in found.advice


def test_samples_none_of_which_ever_runs_are_told():
    rows = _rows(FALLING)
    for step in (9, 19, 29):
        rows[step]["sample"] = {"execution_rate": 0.0}
    assert _kinds(rows) == ["no program runs"]
    rows[29]["sample"] = {"execution_rate": 0.25}
    assert _kinds(rows) == []


def test_the_reason_to_end_comes_first_and_a_loss_that_is_no_number_is_passed_over():
    rows = _rows([*FALLING, math.nan])
    rows[-2] |= {"stopped": "no gain in 3 evaluations", "stopped_by": "patience"}
    assert findings(rows)[0].found == "no gain in 3 evaluations"
