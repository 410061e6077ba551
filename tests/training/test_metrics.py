import json

import pytest

from cadvlm.storage import Folder
from cadvlm.training.metrics import MetricsLog, read


def _log(folder: Folder, start: int, steps: range) -> MetricsLog:
    log = MetricsLog(folder, start)
    for step in steps:
        log.add({"step": step, "loss": 1 / step, "seconds": float(step)})
    return log


def test_every_row_is_a_line_of_json(tmp_path):
    folder = Folder(str(tmp_path))
    log = _log(folder, 0, range(1, 4))
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == log.rows == read(folder)


def test_steps_that_are_made_again_appear_once(tmp_path):
    folder = Folder(str(tmp_path))
    _log(folder, 0, range(1, 8))
    _log(folder, 4, range(5, 10))
    assert [row["step"] for row in read(folder)] == list(range(1, 10))


def test_time_goes_on_from_the_resumed_step(tmp_path):
    folder = Folder(str(tmp_path))
    _log(folder, 0, range(1, 8))
    assert MetricsLog(folder, 4).seconds == 4.0
    assert MetricsLog(folder, 0).seconds == 0.0


def test_run_without_rows_reads_as_none(tmp_path):
    assert read(Folder(str(tmp_path))) == []


def test_figures_within_figures_are_curves_of_their_own(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = MetricsLog(Folder(str(tmp_path)), 0)
    log.add({"step": 1, "seconds": 1.0, "sources": {"deepcad": {"share": 0.7}}})
    log.flush()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert events.Scalars("train/sources/deepcad/share")[0].value == pytest.approx(0.7)


def test_tensorboard_reads_the_same_figures(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _log(Folder(str(tmp_path)), 0, range(1, 4)).flush()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("train/loss")] == [1, 2, 3]
