"""The card of a checkpoint: ``README.md`` as the Hugging Face hub reads it, beside the weights.

What it was trained on and under which licences, how, how well it does, and what it has kept of what
it could before. All of it is read from the folders of the run, the sweep and the evaluations, and
what is not found there is said to be missing, never left out.
The format: https://huggingface.co/docs/hub/model-cards.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml
from pyarrow import fs

from cadvlm.data.card import hub_licence
from cadvlm.errors import InputError
from cadvlm.progress import warn
from cadvlm.storage import Folder
from serve.shelf import MANIFEST, SUMMARY

CARD = "README.md"

SCORES = {
    "valid_solid_rate": "programs that build a valid solid",
    "iou.mean": "IoU, mean",
    "iou.median": "IoU, median",
    "iou_best.mean": "IoU after the best of the published alignments, mean",
    "chamfer.median": "Chamfer distance, median",
    "retention.mean": "kept of what it could before, mean",
}
"""Dotted keys of an evaluation's ``metrics.json``; ``docs/metrics.md`` defines them."""


class Trained(NamedTuple):
    """What is known of a checkpoint."""

    model: Folder
    """The folder that ``from_pretrained`` opens."""
    config: Mapping[str, Any]
    """Of the run."""
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any] | None
    """Of the dataset, if that is still where it was."""
    scores: Mapping[str, Mapping[str, Any]]
    """``metrics.json`` of every evaluation beside the run, by its folder's name."""
    sweep: Mapping[str, Any] | None
    """``sweep.json``, of a sweep's best."""


def write(checkpoint: str) -> str | None:
    """Write the card of a run or a sweep; where it is. None for a model of somebody else's."""
    trained = find(checkpoint)
    if trained is None:
        return None
    try:
        trained.model.write(CARD, card(trained))
    except OSError as error:
        warn(f"no model card: {error}")
        return None
    return trained.model.join(CARD)


def find(checkpoint: str) -> Trained | None:
    """What there is to be told of a sweep, a run, or a run's ``final/``."""
    place = Folder(checkpoint)
    if place.exists("sweep.json"):
        sweep = place.read_json("sweep.json")
        found = _of_run(Folder(sweep["recommended"]["run"]))
        return found and found._replace(model=place / "best", sweep=sweep)
    if posixpath.basename(place.path) == "final":
        place = Folder(posixpath.dirname(place.uri))
    return _of_run(place)


def _of_run(run: Folder) -> Trained | None:
    if not run.exists(SUMMARY):
        return None
    config = yaml.safe_load(run.read("config.yaml"))
    data = Folder(config["dataset"])
    manifest = data.read_json(MANIFEST) if data.exists(MANIFEST) else None
    scores = dict(_evaluations(run))
    return Trained(run / "final", config, run.read_json(SUMMARY), manifest, scores, None)


def _evaluations(run: Folder) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those beside a run that are of its checkpoint."""
    home = Folder(posixpath.dirname(run.uri))
    for info in home.filesystem.get_file_info(fs.FileSelector(home.path, allow_not_found=True)):
        folder = home / info.base_name
        if not (folder.exists("metrics.json") and folder.exists("config.json")):
            continue
        try:
            asked = folder.read_json("config.json")["config"]["checkpoint"]
        except (InputError, KeyError):
            continue  # somebody else's folder
        if asked and Folder(asked).uri.removesuffix("/final") == run.uri:
            yield info.base_name, folder.read_json("metrics.json")


def card(trained: Trained) -> str:
    """The content of ``README.md``."""
    front = yaml.safe_dump(_front(trained), sort_keys=False, allow_unicode=True)
    parts = (_head(trained), _data(trained), _training(trained), _scores(trained), _kept(trained))
    return f"---\n{front}---\n\n" + "\n".join(parts)


def _front(trained: Trained) -> dict[str, Any]:
    licences = trained.manifest["licences"] if trained.manifest else ["unknown"]
    names = {hub_licence(name) for name in licences}
    base = trained.config["model"]["path"]
    return {
        "library_name": "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": ["cad", "code", "cadquery"],
        # The hub takes one: of several the strictest would be a lawyer's choice, not ours.
        "license": names.pop() if len(names) == 1 else "other",
        "license_name": "; ".join(licences),
        **({"base_model": base} if base and "/" in base and base[0] not in "./" else {}),
    }


def _head(trained: Trained) -> str:
    base = trained.config["model"]["path"] or "a small LLaVA built from scratch"
    return f"""# CAD programs from pictures

Writes CadQuery for a picture of a part. Trained with cadvlm from {base}.

```python
from transformers import AutoModelForImageTextToText, AutoProcessor

model = AutoModelForImageTextToText.from_pretrained("FOLDER")
processor = AutoProcessor.from_pretrained("FOLDER")
```

What it writes is a program: run it in a sandbox, as `python -m jobs.deploy` does.
"""


def _data(trained: Trained) -> str:
    dataset = trained.config["dataset"]
    if trained.manifest is None:
        return f"## Data\n\n`{dataset}`, which is not there any more; its licences are unknown.\n"
    books, seen = trained.manifest["sources"], trained.summary.get("sources", {})
    rows = [
        f"| {name} | {one['written']:,} | {seen.get(name, {}).get('epochs', 0):.2f} | "
        f"{one['licence']} |"
        for name, one in books.items()
    ]
    return "\n".join(
        [
            "## Data\n",
            f"`{dataset}`, content {str(trained.manifest['content_hash'])[:16]}.\n",
            "| source | parts | epochs | licence |\n| --- | ---: | ---: | --- |",
            *rows,
            "\nWhoever uses the model answers to each of these licences.\n",
        ]
    )


def _training(trained: Trained) -> str:
    config, summary = trained.config, trained.summary
    lora = config["lora"]
    told = {
        "stage": config["stage"],
        "method": f"LoRA of rank {lora['rank']}, merged" if lora else "every weight",
        "learning rate": f"{config['optimizer']['lr']:g}",
        "batch": config["batch_size"],
        "steps": summary["step"],
        "epochs": f"{summary['epoch']:.2f}",
        "loss": f"{summary['loss']:.4f}",
        "validation loss": _shown(summary.get("val_loss")),
    }
    return "## Training\n\n" + _table("", told)


def _scores(trained: Trained) -> str:
    if not trained.scores:
        return "## Scores\n\nNot evaluated: no folder of `jobs.evaluate` lies beside the run.\n"
    parts = ["## Scores\n"]
    for name, metrics in trained.scores.items():
        told = {words: _shown(_at(metrics, key)) for key, words in SCORES.items()}
        known = {words: value for words, value in told.items() if value != MISSING}
        parts.append(_table(f"{name}, {metrics['n']} parts", known))
    return "\n".join(parts)


def _kept(trained: Trained) -> str:
    kept = [key for one in trained.scores.values() for key in one if key.startswith("retention")]
    head = "## Retention\n\n"
    if trained.sweep is None:
        return head + ("Among the scores above.\n" if kept else "Not measured.\n")
    row, goals = trained.sweep["recommended"], trained.sweep["objectives"]
    told = {f"{key} ({better})": _shown(row.get(key)) for key, better in goals.items()}
    count = len(trained.sweep["trials"])
    chosen = f"Recommended of {count} trials, of which {len(trained.sweep['front'])} on the front"
    return f"{head}{_table(chosen, told)}"


MISSING = "not measured"


def _at(tree: Mapping[str, Any], dotted: str) -> Any:
    value: Any = tree
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else MISSING


def _table(title: str, rows: Mapping[str, Any]) -> str:
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join([f"| {title} | |", "| --- | ---: |", *lines, ""])
