"""What a plan prints, and what it refuses."""

import pytest

from cadvlm.errors import ConfigError
from cluster.config import PlanConfig
from jobs.plan import run
from tests.house.tree import ROOT

H200 = str(ROOT / "cluster/profiles/h200x8.yaml")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("work", ["gencad_code", "openecad", "synthetic", "finetune_13b"])
def test_each_known_amount_has_time_and_a_bottleneck_and_money_only_at_a_price(work, capsys):
    layers = [H200, f"jobs/configs/plan_{work}.yaml"]
    run(PlanConfig.load(layers))
    unpriced = capsys.readouterr().out
    assert "usd_per_hour" in unpriced
    run(PlanConfig.load([*layers, "cluster.machines.h200x8.usd_per_hour=30"]))
    machines, _, *stages, whole, assumed = capsys.readouterr().out.splitlines()
    assert machines == "1 x h200x8"
    assert stages
    assert all(line.endswith(("cores", "GPUs", "storage", "start")) for line in stages)
    assert whole.startswith("all ")
    assert float(whole.split()[-1].replace(",", "")) > 0
    assert assumed.startswith("assumed, not measured: train_utilisation")


def test_without_machines_it_is_this_one_and_without_amounts_nothing(capsys):
    run(PlanConfig.load(["work.parts=1000"]))
    assert capsys.readouterr().out.startswith("1 x this machine\n")
    with pytest.raises(ConfigError, match="work: no amount is given"):
        run(PlanConfig())
