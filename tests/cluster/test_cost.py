import time

import pytest

from cadvlm.storage import Folder
from cluster.cost import COST, _kind, added, line, metered


def test_nodes_are_counted_by_their_kind_while_a_run_works(ray_session, tmp_path):
    for _ in range(2):
        started = time.monotonic()
        with metered(str(tmp_path)):
            time.sleep(0.5)
        took = time.monotonic() - started
    cost = Folder(str(tmp_path)).read_json(COST)
    assert cost["attempts"] == 2
    assert cost["node_seconds"].keys() == {"3 CPU"}
    assert 1.0 <= cost["node_seconds"]["3 CPU"] <= 2 * took + 1
    assert line(str(tmp_path)).endswith(" s of a node of 3 CPU, in 2 attempts")


def test_a_run_that_fails_has_cost_something_and_one_that_never_began_leaves_no_folder(
    ray_session, tmp_path
):
    for out in (tmp_path, tmp_path / "never"):
        with pytest.raises(RuntimeError), metered(str(out)):
            raise RuntimeError
    assert (tmp_path / COST).exists()
    assert not (tmp_path / "never").exists()


def test_kinds_add_up_over_attempts(tmp_path):
    folder = Folder(str(tmp_path))
    folder.write_json(COST, added(folder, {"2 CPU": 10.0}))
    folder.write_json(COST, added(folder, {"2 CPU": 5.0, "8 GPU h200, 192 CPU": 1.0}))
    assert folder.read_json(COST) == {
        "node_seconds": {"2 CPU": 15.0, "8 GPU h200, 192 CPU": 1.0},
        "attempts": 2,
    }


def test_a_node_is_known_by_its_gpus_and_cores():
    assert _kind({"CPU": 4.0, "node:10.0.0.1": 1.0}) == "4 CPU"
    resources = {"CPU": 192.0, "GPU": 8.0, "accelerator_type:H200": 1.0}
    assert _kind(resources) == "8 GPU h200, 192 CPU"
