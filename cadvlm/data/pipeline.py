"""Preparation on Ray Data: design files to a dataset folder, on all the cluster's processors.

A *shard* is the unit of everything: of work, of writing and of resuming. Shards stream through
three stages with back-pressure and are staged; when all are, one worker compares their shapes, and
the shards are written for good. The driver only ever sees receipts, and a run that was killed goes
on with the shards that have none.
"""

from __future__ import annotations

import pickle
import posixpath
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cadvlm.config.data import PrepareConfig
from cadvlm.data import excluded
from cadvlm.data.builder import Builder
from cadvlm.data.card import card
from cadvlm.data.excluded import Excluded
from cadvlm.data.finish import SHARDS, decide, finish
from cadvlm.data.manifest import manifest
from cadvlm.data.receipts import Receipt
from cadvlm.data.sources import reader
from cadvlm.data.stages import Build, Run, Shard, put_aside, read
from cadvlm.data.staging import Staging, joined
from cadvlm.data.tokens import counter
from cadvlm.errors import ConfigError, RunFailed
from cadvlm.progress import Progress
from cadvlm.storage import Folder
from cadvlm.telemetry import tell

CONFIG = "config.json"
"""Written first: whose folder this is."""

# A core is shared by one reader or writer, which mostly waits for storage, and one builder.
_BUILDER_CPUS = 0.75
_LIGHT_CPUS = 0.25


def prepare(config: PrepareConfig) -> dict[str, Any]:
    """Make the dataset folder and return its manifest. Needs a Ray session.

    Raises:
        ConfigError: the folder holds a dataset that other settings made.
        InputError: a source, an evaluation set or the tokenizer is not there or cannot be used.
        RunFailed: work stopped midway; what is finished is kept.
    """
    out = Folder(config.out)
    staging = Staging(out)
    counter(config.tokenizer)  # whose absence is better known now
    _claim(out, config)
    if not out.exists("manifest.json"):
        shards = list(plan(config))
        build([*excluded.plan(config), *shards], Run(config, uuid.uuid4().hex))
        sets = list(excluded.measured(config, staging))
        _finish([shard["name"] for shard in shards], sets, config)
        books = _books(config, shards, sets)
        out.write("README.md", card(books, posixpath.basename(out.path)))
        out.write_json("manifest.json", books)
    staging.clear()
    return dict(out.read_json("manifest.json"))


def plan(config: PrepareConfig) -> Iterator[Shard]:
    """Every shard of every source, named after source and position."""
    for number, source in enumerate(config.sources):
        for index, items in enumerate(reader(source.name).shards(source, config.shard_rows)):
            name = f"{number:02}-{source.name}-{index:06}"
            yield {"name": name, "source": number, "items": pickle.dumps(items)}


def _claim(out: Folder, config: PrepareConfig) -> None:
    mine = config.model_dump(mode="json", exclude={"out"})
    if not out.exists(CONFIG):
        out.write_json(CONFIG, mine)
        return
    theirs = out.read_json(CONFIG)
    changed = [key for key in mine if mine[key] != theirs.get(key)]
    if changed:
        raise ConfigError(
            f"out: {out.uri} holds a dataset that was made with other {', '.join(changed)}; "
            "choose another folder, or remove this one"
        )


def build(shards: list[Shard], run: Run, builder: type[Builder] = Builder) -> None:
    """Stage every shard that is not staged yet."""
    done = Staging(Folder(run.config.out)).names()
    waiting = [shard for shard in shards if shard["name"] not in done]
    if not waiting:
        return
    import ray
    import ray.data

    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    pool = ray.data.ActorPoolStrategy(size=min(cores, len(waiting)))
    staged = (
        ray.data.from_items(waiting, override_num_blocks=len(waiting))
        .map(read, fn_kwargs={"run": run}, num_cpus=_LIGHT_CPUS)
        .map(Build, fn_constructor_args=(run, builder), compute=pool, num_cpus=_BUILDER_CPUS)
        .map(put_aside, fn_kwargs={"run": run}, num_cpus=_LIGHT_CPUS)
    )
    parts = refused = 0
    with _progress("prepare", len(shards), len(waiting), run.config.out) as progress:
        for receipt in staged.iter_rows():
            parts += receipt["read"]
            refused += receipt["refused"]
            progress.advance(note=f"{parts} parts, {refused} in quarantine")
            tell(
                run.config.out,
                cadvlm_parts_read=parts,
                cadvlm_parts_refused=refused,
                cadvlm_shards_left=progress.total - progress.done,
            )


def _finish(names: list[str], sets: list[Excluded], config: PrepareConfig) -> None:
    """Judge all rows, and write every shard that has no receipt yet."""
    out = Folder(config.out)
    done = {name.removesuffix(".json") for name in (out / SHARDS).names(".json")}
    if done.issuperset(names):
        return
    import ray
    import ray.data

    references = joined([one.keys for one in sets])
    waiting = [{"name": name} for name in names if name not in done]
    finished = ray.data.from_items(waiting, override_num_blocks=len(waiting)).map(
        finish, fn_kwargs={"out": config.out}, num_cpus=_LIGHT_CPUS
    )
    rows = dropped = 0
    with _progress("finish", len(names), len(waiting), config.out) as progress:
        ray.get(ray.remote(decide).remote(names, references, config.deduplicate, config.out))
        for receipt in finished.iter_rows():
            rows += receipt["written"]
            dropped += receipt["dropped"]
            progress.advance(note=f"{rows} rows, {dropped} dropped for their shape")
            tell(config.out, cadvlm_rows_written=rows, cadvlm_rows_dropped=dropped)


@contextmanager
def _progress(title: str, total: int, waiting: int, out: str) -> Iterator[Progress]:
    """Progress over shards, which says what is kept when Ray fails."""
    from ray.exceptions import RayError

    with Progress(title, total, "shards", done=total - waiting) as progress:
        try:
            yield progress
        except RayError as error:
            raise RunFailed(
                f"prepare stopped: {_cause(error)}; {progress.done} of {total} shards are kept in "
                f"{out}, the same command goes on with the rest"
            ) from error


def _cause(error: Exception) -> str:
    """The line that says what happened, of many that say where, and what Ray might do about it."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    named = [line for line in lines if _RAISED.match(line) and not line.startswith("ray.")]
    return (named or lines)[-1]


_RAISED = re.compile(r"[\w.]+: ")


def _books(config: PrepareConfig, shards: list[Shard], sets: list[Excluded]) -> dict[str, Any]:
    """The manifest, from the receipts of all shards."""
    receipts: dict[int, list[Receipt]] = {number: [] for number in range(len(config.sources))}
    folder = Folder(config.out) / SHARDS
    for shard in shards:
        receipts[shard["source"]].append(folder.read_json(f"{shard['name']}.json"))
    return manifest(config, receipts, sets)
