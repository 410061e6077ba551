"""The reference of settings: one page for each job, from the docstrings of its config."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, takewhile
from pathlib import Path
from typing import get_type_hints

from cadvlm.config.base import Config, Key, keys
from manual.prose import markdown

ROOT = Path(__file__).resolve().parent.parent

JOBS = tuple(
    path.stem
    for path in sorted((ROOT / "jobs").glob("*.py"))
    if path.stem not in ("__init__", "settings")
)
"""``train`` and the others, by the names of their modules."""

LAYERS = ("jobs/configs", "tune/configs", "cluster/profiles")
"""Where YAML layers lie. The first line of each names the settings that it is a layer of."""


def settings_of(module: str) -> type[Config]:
    """The settings of an entry point: ``jobs.train``, ``cluster.doctor``."""
    run = importlib.import_module(module).run
    found: type[Config] = next(iter(get_type_hints(run).values()))
    return found


def pages() -> Iterator[tuple[str, str]]:
    """Paths below ``docs/`` and the Markdown of each."""
    for job in JOBS:
        yield f"reference/settings/{job}.md", page(f"jobs.{job}")
    yield "reference/settings/doctor.md", page("cluster.doctor")


def page(module: str) -> str:
    """Every key of an entry point, by branches, and the layers that come with it."""
    settings = settings_of(module)
    every = list(keys(settings))
    text = [f"# Settings of {module}\n"]
    text.append(
        f"What `python -m {module} --help` prints: each key with its type, its default and what it "
        "means. Keys are given as `key=value`, or as a tree in YAML.\n"
    )
    alone = [key for key in every if "." not in key.name]
    text += _entries(alone)
    branches = (key for key in every if "." in key.name)
    for branch, members in groupby(branches, lambda key: re.split(r"[.\[]", key.name)[0]):
        text.append(f"\n## {branch} {{ #{branch} }}\n")
        if about := settings.model_fields[branch].description:
            text.append(f"{markdown(about)}\n")
        text += _entries(members)
    if layers := list(_layers(settings.__name__)):
        text.append("\n## Layers\n\nFiles to give before the keys; their first lines say how.\n")
        text += layers
    return "\n".join(text) + "\n"


def _entries(members: Iterable[Key]) -> Iterator[str]:
    for name, kind, default, meaning in members:
        anchor = name.replace("[]", "")
        yield f'<a id="{anchor}"></a>`{name}` *{markdown(kind)}; {markdown(default)}*'
        yield f":   {markdown(meaning) or '.'}\n"


def _layers(settings: str) -> Iterator[str]:
    for folder in LAYERS:
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            head = list(takewhile(lambda line: line.startswith("#"), path.read_text().splitlines()))
            if settings in re.findall(r"\w+", head[0].removeprefix("# settings:")):
                about = " ".join(line.strip("# ") for line in head[1:])
                first = re.split(r"(?<=[.?]) (?=[A-Z])|[:.]? python -m", about)[0]
                yield f"`{path.relative_to(ROOT)}`\n\n:   {markdown(first.rstrip('.:'))}.\n"
