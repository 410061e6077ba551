import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from cadvlm.config.execution import Limits
from cadvlm.dataset import SAMPLE_SCHEMA
from cadvlm.storage import Folder
from cadvlm.training.sampling import SAMPLE_SCHEMA as LOOK_SCHEMA
from cadvlm.training.sampling import Judge, Sampler, chosen
from tests.training.samples import code, sample


def _table(*changes) -> pa.Table:
    rows = [sample(index, "val").to_row() | change for index, change in enumerate(changes)]
    return pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA)


def test_parts_are_chosen_from_all_over_and_only_those_that_can_be_run():
    caption, text = {"language": "text", "code": "A square."}, {"images": []}
    rows = _table(caption, {}, {}, caption, {}, {}, {"language": "openscad"}, text)
    assert chosen(rows, 2)["id"].to_pylist() == ["square-1", "square-4"]
    assert len(chosen(rows, 99)) == 4
    assert len(chosen(_table(caption), 4)) == 0


@pytest.fixture(scope="module")
def judge():
    return Judge(_table({}, {}, {}).to_pylist(), Limits(cpu_s=5))


def test_answers_are_executed_and_compared_with_their_own_references(judge):
    half = code(5).replace("10)", "5)")  # the second reference is 5 x 5 x 10
    right, wrong, broken = judge([f"```python\n{code(4)}\n```", half, "result = ("])
    assert [row["status"] for row in (right, wrong, broken)] == ["ok", "ok", "syntax"]
    assert right["iou"] == pytest.approx(1.0, abs=1e-3)
    assert 0 < wrong["iou"] < 0.9
    assert broken["iou"] == 0.0
    assert right["prediction"] == right["reference"]
    assert broken["prediction"] is None
    assert broken["reference"][:4] == b"\x89PNG"


def test_a_look_is_kept_and_leaves_no_trace_in_what_comes_after(tiny, tmp_path):
    sampler = Sampler(chosen(_table({}, {}), 2), tiny.processor, Limits(cpu_s=5), 0, 1)
    before = torch.get_rng_state()
    rates = sampler.look(tiny.model, 500, Folder(str(tmp_path)))
    assert torch.equal(torch.get_rng_state(), before)
    assert rates["sample"]["n"] == 2
    assert 0 <= rates["sample"]["syntax_valid_rate"] <= 1
    table = pq.read_table(tmp_path / "samples" / "step-00000500.parquet")
    assert table.schema == LOOK_SCHEMA
    assert table["id"].to_pylist() == ["square-0", "square-1"]
    assert sampler.look(tiny.model, 501, Folder(str(tmp_path))) == rates


def test_workers_share_the_parts_evenly_and_leave_none_out(tiny):
    rows = chosen(_table({}, {}, {}), 3)
    shares = [Sampler(rows, tiny.processor, Limits(), rank, 2)._mine for rank in range(2)]
    assert shares == [[0, 1], [2, 0]]
