"""The planner's arithmetic, on costs that are easy to reckon with, and beside a run of the demo."""

import pytest

from cadvlm.errors import ConfigError, InputError
from cluster.config import MachineConfig, WorkConfig
from cluster.costs import Costs, read
from cluster.estimate import estimate
from tests.house.tree import ROOT

REAL = read(str(ROOT / "cluster/costs.json"))
TWO_CORES = {"laptop": MachineConfig(cpus=2)}
H200 = {"h200x8": MachineConfig(cpus=192, gpus=8, gpu="h200", usd_per_hour=10.0)}


def costs(**values: float) -> Costs:
    """One second each, nothing to start, unless said otherwise."""
    tree = REAL.model_dump()
    figures = {name: cost for name, cost in tree.items() if "value" in cost}
    figures["deepcad"] = tree["build_core_s"]["deepcad"]
    for name, cost in figures.items():
        cost["value"] = values.get(name, 1e-9 if name == "start_s" else 1.0)
    return Costs.parse(tree)


def hours(work: dict[str, float], machines=TWO_CORES, using: Costs = REAL, storage=1e9):
    return {
        stage.name: stage for stage in estimate(WorkConfig.parse(work), machines, using, storage)
    }


def test_parts_take_their_core_seconds_divided_by_the_cores():
    stage = hours({"parts": 3600, "pictures": 2}, using=costs())["prepare"]
    assert stage.hours == pytest.approx(1.5)  # a second to build it, and one for each picture
    assert stage.bound == "cores"
    assert stage.usd is None


def test_twice_the_machines_take_half_the_time_at_the_same_price():
    one, two = (
        hours({"parts": 10**6}, {"m": MachineConfig(count=n, cpus=8, usd_per_hour=2)}, costs())
        for n in (1, 2)
    )
    assert two["prepare"].hours == pytest.approx(one["prepare"].hours / 2)
    assert two["prepare"].usd == pytest.approx(one["prepare"].usd)


def test_slow_storage_holds_preparation_up():
    stage = hours({"parts": 10**6}, H200, costs(row_bytes=1e6), storage=1)["prepare"]
    assert stage.bound == "storage"
    assert stage.hours == pytest.approx(3e6 / 3600)


def test_training_takes_six_operations_a_weight_and_token_and_adapters_four():
    flop = 6 * 1e9 * 1000 * 100
    work = {"samples": 100, "sample_tokens": 1000, "params_b": 1}
    full = hours(work, using=costs(core_flops=1e9))["train"].hours
    assert full == pytest.approx(flop / 2e9 / 3600)
    lora = hours({**work, "method": "lora"}, using=costs(core_flops=1e9))["train"].hours
    assert lora == pytest.approx(full * 4 / 6)


def test_gpus_train_as_published_times_what_is_got_out_of_them():
    [got] = hours({"samples": 1e6, "params_b": 13}, H200, costs()).values()
    flop = 8 * 13e9 * 1e9  # activations are computed twice
    assert got.hours == pytest.approx(flop / (8 * 9.89e14) / 3600)
    assert got.bound == "GPUs"
    assert got.usd == pytest.approx(10 * got.hours)


def test_a_stage_that_only_starts_says_so():
    assert hours({"parts": 1}, using=costs(start_s=60))["prepare"].bound == "start"


def test_a_model_that_does_not_fit_and_a_gpu_that_is_unknown_are_refused():
    with pytest.raises(ConfigError, match=r"work.params_b \(70, full\): 1400 GB"):
        hours({"samples": 1, "params_b": 70}, H200)
    assert hours({"samples": 1, "params_b": 70, "method": "lora"}, H200)
    machines = {"old": MachineConfig(cpus=1, gpus=1, gpu="voodoo")}
    with pytest.raises(ConfigError, match=r"cluster.machines.old.gpu: voodoo; known are h"):
        hours({"parts": 1}, machines)
    with pytest.raises(ConfigError, match=r"work.source: abc; measured are s"):
        hours({"parts": 1, "source": "abc"})


def test_each_amount_is_a_stage_and_none_is_none():
    assert hours({}) == {}
    work = {"parts": 1, "samples": 1, "evaluated": 1, "requests": 1}
    assert list(hours(work, H200)) == ["prepare", "train", "evaluate", "serve"]


def test_estimate_of_the_demo_is_within_a_fifth_of_what_it_took():
    # `make demo` on the two cores and the day of the costs, another run than those they come from:
    # 6,000 parts, 945 steps of 48 samples and 1.4 million weights, 150 parts evaluated.
    took = {"prepare": 192.0, "train": 363.0, "evaluate": 109.0}
    work = {
        "parts": 6000, "source": "synthetic", "samples": 945 * 48, "sample_tokens": 55,
        "params_b": 0.0014, "evaluated": 150, "answer_tokens": 60,
    }  # fmt: skip
    for name, stage in hours(work).items():
        assert 3600 * stage.hours == pytest.approx(took[name], rel=0.2), name


def test_costs_say_what_is_measured_and_what_is_not(tmp_path):
    assert REAL.assumed == ["train_utilisation", "answer_utilisation"]
    with pytest.raises(InputError, match="no such file"):
        read(str(tmp_path / "absent.json"))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        read(str(tmp_path / "broken.json"))
    (tmp_path / "other.json").write_text('{"build_core_s": 1}')
    with pytest.raises(ConfigError, match="build_core_s"):
        read(str(tmp_path / "other.json"))
