"""Where a sweep's folders lie, and that the embedded one is what it says it is."""

from jobs.settings import SweepJob
from jobs.sweep import placed
from tests.house.tree import ROOT
from tune.space import variants

EMBEDDED = SweepJob.load([str(ROOT / "tune/configs/forgetting_small.yaml")])


def test_what_is_made_first_lies_inside_the_sweep():
    settings = placed(EMBEDDED, "/r")
    assert [dataset.out for dataset in settings.prepare] == ["/r/everything", "/r/sketches"]
    assert settings.base is not None
    assert (settings.base.dataset, settings.base.out) == ("/r/everything", "/r/base")
    assert (settings.train.dataset, settings.train.model.path) == ("/r/sketches", "/r/base")
    assert settings.evaluate.dataset == "/r/sketches"
    assert settings.sweep.probes is not None
    assert settings.sweep.probes.captions == "/r/everything"


def test_folders_that_are_there_stay_where_they_are():
    other = EMBEDDED.override({"train.dataset": "/d/parts", "train.model": "some/model"})
    settings = placed(other, "/r")
    assert (settings.train.dataset, settings.train.model.path) == ("/d/parts", "some/model")
    assert settings.train.epochs == EMBEDDED.train.epochs


def test_the_embedded_sweep_has_a_dozen_trials_over_four_rates_and_two_hundred_probes():
    sweep = EMBEDDED.sweep
    tried = variants(sweep.spaces, sweep.trials, sweep.seed)
    assert len(tried) >= 12
    assert len({settings["optimizer.lr"] for settings in tried}) == 4
    assert sweep.probes is not None
    assert sweep.probes.count >= 200
