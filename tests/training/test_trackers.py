import sys

import mlflow
import pytest

from cadvlm.config.watch import WatchConfig
from cadvlm.errors import ConfigError
from cadvlm.storage import Folder
from cadvlm.training.trackers import check, trackers


def _told(watch: WatchConfig, folder: Folder, steps: range) -> None:
    for tracker in trackers(watch, folder, {"optimizer.lr": 1e-4, "stage": "align"}):
        for step in steps:
            tracker.add(step, {"train/loss": 1 / step, "train/sources/deepcad/share": 0.7})
        tracker.close()


def test_mlflow_gets_settings_and_figures_and_a_resumed_run_goes_on(tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    folder = Folder(str(tmp_path / "run"))
    for steps in (range(1, 4), range(4, 6)):
        _told(WatchConfig(mlflow=uri), folder, steps)
    client = mlflow.MlflowClient(tracking_uri=uri)
    [experiment] = [one for one in client.search_experiments() if one.name == "cadvlm"]
    [run] = client.search_runs([experiment.experiment_id])
    assert run.data.params["stage"] == "align"
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(point.step, point.value) for point in history] == [(s, 1 / s) for s in range(1, 6)]


def test_wandb_without_a_key_is_told_offline_beside_the_run(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    (tmp_path / "run").mkdir()
    _told(WatchConfig(wandb="cad"), Folder(str(tmp_path / "run")), range(1, 4))
    [written] = (tmp_path / "run" / "wandb").glob("offline-run-*/run-*.wandb")
    content = written.read_bytes()
    assert b"train/sources/deepcad/share" in content
    assert b"optimizer.lr" in content


def test_without_keys_nobody_is_told_and_nothing_is_needed(tmp_path):
    check(WatchConfig())
    assert trackers(WatchConfig(), Folder(str(tmp_path)), {}) == []


@pytest.mark.parametrize(("key", "package"), [("mlflow", "mlflow-skinny"), ("wandb", "wandb")])
def test_a_missing_package_is_named_before_anything_starts(key, package, monkeypatch):
    monkeypatch.setitem(sys.modules, key, None)
    with pytest.raises(ConfigError, match=rf"watch\.{key}: .* pip install {package}"):
        check(WatchConfig.parse({key: "somewhere"}))
