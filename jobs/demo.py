"""The whole job, small: parts to pictures and code, to a model, to scores, to an endpoint.

    python -m jobs.demo out=runs/demo data=DIR

Without ``data`` the parts are synthetic. A demo that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cadvlm.config.data import PrepareConfig
from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.config.train import TrainConfig
from cluster.command import command, wait_until_stopped
from jobs.settings import DemoJob
from serve.config import ServeConfig

_CONFIGS = Path(__file__).parent / "configs"


def run(settings: DemoJob) -> None:
    """Every job in order, then one request to the model that came of it."""
    from cluster.cost import line, metered
    from cluster.session import session

    with session(settings.cluster), metered(settings.out):
        _run(settings)
    print(line(settings.out))


def _run(settings: DemoJob) -> None:
    from cadvlm.data.pipeline import prepare
    from cadvlm.evaluation.evaluate import evaluate
    from cadvlm.reports import dataset as dataset_report
    from cadvlm.reports.evaluation import PAGE, seen_from_above
    from cadvlm.storage import Folder

    out = Folder(settings.out)
    stage = _Stages(total=4)
    folders = _Folders(out.uri, settings)
    with stage("data: parts to code and pictures"):
        manifest = prepare(folders.prepare)
        dataset_report.write(Folder(folders.prepare.out))

    # Seconds of imports, which a mistake in the data need not wait for.
    from cadvlm.training.trainer import fit
    from serve.running import deployed

    with stage("train: pictures to code"):
        fit(folders.train)
    with stage("evaluate: run the programs, compare the solids"):
        metrics = evaluate(folders.evaluate)
    with stage("serve: one request over HTTP"), deployed(folders.serve) as url:
        answer = _ask(url, folders.prepare.out)
        summary = _summary(manifest, metrics, answer, stage.seconds)
        out.write_json("summary.json", summary)
        report = Folder(folders.evaluate.out).read(PAGE).decode()
        out.write(PAGE, seen_from_above(report, settings.evaluate.out))
        _show(summary, answer, out.uri)
        if settings.keep:
            print(f"serving at {url}  (Ctrl-C stops)", flush=True)
            wait_until_stopped()


class _Folders:
    """The jobs' settings with their folders placed inside the demo's."""

    def __init__(self, out: str, settings: DemoJob) -> None:
        def inside(name: str) -> str:
            return f"{out}/{name}"

        dataset, trained = inside(settings.prepare.out), inside(settings.train.out)
        source = [{"name": "deepcad", "path": settings.data}]
        sources = {} if settings.data is None else {"sources": source}
        self.prepare: PrepareConfig = settings.prepare.override({"out": dataset, **sources})
        self.train: TrainConfig = settings.train.override({"dataset": dataset, "out": trained})
        self.evaluate: EvaluateConfig = settings.evaluate.override(
            {"dataset": dataset, "checkpoint": trained, "out": inside(settings.evaluate.out)}
        )
        self.serve: ServeConfig = settings.serve.override({"checkpoint": trained})


class _Stages:
    """Says which stage runs, and remembers how long each took."""

    def __init__(self, total: int) -> None:
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._total = total

    @property
    def seconds(self) -> dict[str, float]:
        """By stage; of the one that is running, until now."""
        now = time.monotonic()
        return {
            name: self._seconds.get(name, round(now - started, 1))
            for name, started in self._started.items()
        }

    @contextmanager
    def __call__(self, title: str) -> Iterator[None]:
        name = title.partition(":")[0]
        self._started[name] = time.monotonic()
        print(f"\n[{len(self._started)}/{self._total}] {title}", flush=True)
        yield
        self._seconds[name] = self.seconds[name]
        print(f"      {name} took {self._seconds[name]:.0f} s", flush=True)


def _ask(url: str, dataset: str) -> dict[str, Any]:
    """Send the first test picture to the endpoint, as any client would."""
    import httpx

    from cadvlm.dataset import Dataset

    [row] = Dataset(dataset).read("test", ["id", "images"], limit=1).to_pylist()
    picture = row["images"][0]["png"]
    response = httpx.post(
        f"{url}/v1/generate", files={"image": ("part.png", picture, "image/png")}, timeout=120
    )
    response.raise_for_status()
    return {"part": row["id"], **response.json()}


def _summary(
    manifest: dict[str, Any],
    metrics: dict[str, Any],
    answer: dict[str, Any],
    seconds: dict[str, float],
) -> dict[str, Any]:
    control = metrics["control"]
    return {
        "n": metrics["n"],
        "valid_solid_rate": metrics["valid_solid_rate"],
        "iou": metrics["iou"],
        "chamfer": metrics["chamfer"],
        "control": {"valid_solid_rate": control["valid_solid_rate"], "iou": control["iou"]},
        "iou_gain": metrics["iou_gain"],
        "failures": metrics["failures"],
        "splits": manifest["splits"],
        "sources": manifest["sources"],
        "seconds": seconds,
        "answer": {key: answer[key] for key in ("part", "code", "valid", "solid")},
    }


def _show(summary: dict[str, Any], answer: dict[str, Any], out: str) -> None:
    iou, control = summary["iou"], summary["control"]["iou"]
    low, high = iou["ci95"]
    print(f"\npicture of {answer['part']} -> valid: {answer['valid']}\n\n{answer['code']}\n")
    print(f"{json.dumps(answer['solid'])}\n")
    print(f"held-out parts     {summary['n']}")
    print(f"valid solid rate   {summary['valid_solid_rate']:.3f}")
    print(f"mean IoU           {iou['mean']:.3f} (95 % interval {low:.3f} to {high:.3f})")
    print(f"blank picture      {control['mean']:.3f}")
    print(f"report             {out}/report.html")


if __name__ == "__main__":
    layers = ["demo.yaml"]
    if any(word.startswith("data=") for word in sys.argv[1:]):
        layers.append("demo_real.yaml")
    command(DemoJob, run, __doc__, base=[str(_CONFIGS / name) for name in layers])
