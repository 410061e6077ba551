"""Run the commands of tutorials in their order, small.

    python -m manual.tutorial docs/tutorials/own_parts.md
    python -m manual.tutorial docs/tutorials/*.md

A comment before a fenced block says how it is run here; without one it is run as it stands:

``<!-- run: small WORDS -->``     with these words added, which come last and so win
``<!-- run: check -->``           only with ``--print-config``, and not on a cluster
``<!-- run: serve URL -->``       in the background until the page ends, waiting until URL answers
``<!-- run: instead COMMAND -->`` another command in its place
``<!-- run: skip WHY -->``        not at all

Each page works in a folder of its own, ``runs/tutorials/PAGE``, with links to the checkout in it.
Exit code 1 at the first block that fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cadvlm.errors import CadvlmError, InputError, RunFailed
from manual.commands import Block, blocks

ROOT = Path(__file__).resolve().parent.parent
SUBMIT = "ray job submit --working-dir . -- "

START_S = 180
"""A server that does not answer by then will not."""


def main(pages: list[str]) -> int:
    """Run the pages; the exit code."""
    try:
        if not pages:
            raise InputError("name the pages to run, such as docs/tutorials/own_parts.md")
        for page in pages:
            run(Path(page))
    except CadvlmError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    return 0


def run(page: Path) -> None:
    """Every block of a page.

    Raises:
        InputError: no such page.
        RunFailed: a block has failed; the message names its line.
    """
    if not page.is_file():
        raise InputError(f"{page}: no such page")
    folder = _workplace(page.stem)
    with ExitStack() as servers:
        for block in blocks(page):
            how, _, words = block.note.partition(" ")
            print(f"\n--- {page}:{block.line} {block.note}", flush=True)
            started = time.monotonic()
            if how == "serve":
                servers.enter_context(_serving(block.code, words, folder))
            elif how != "skip" and subprocess.run(_shell(block), cwd=folder, env=_env()).returncode:
                raise RunFailed(f"{page}:{block.line}: failed; what it made is in {folder}")
            print(f"--- {time.monotonic() - started:.0f} s", flush=True)


def _workplace(name: str) -> Path:
    """An empty folder that looks like the checkout: jobs are run from its root."""
    folder = ROOT / "runs" / "tutorials" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in ("runs", ".git"):
            (folder / path.name).symlink_to(path)
    return folder


def _env() -> dict[str, str]:
    """``python`` is this one; real data lie where the tests look for them."""
    return {
        "CADVLM_REAL_DATA": str(ROOT.parent / "shared" / "data"),
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


def _shell(block: Block) -> list[str]:
    how, _, words = block.note.partition(" ")
    code = {
        "": block.code,
        "small": f"{block.code.rstrip()} {words}",
        "check": f"{block.code.rstrip().replace(SUBMIT, '')} --print-config",
        "instead": words,
    }.get(how)
    if code is None:
        raise InputError(f"a comment says `run: {block.note}`, which means nothing")
    return ["bash", "-euo", "pipefail", "-c", code]


@contextmanager
def _serving(code: str, url: str, folder: Path) -> Iterator[None]:
    """A server that answers; it is asked to end as a person would ask it."""
    command = ["bash", "-euo", "pipefail", "-c", f"exec {code.strip()}"]
    server = subprocess.Popen(command, cwd=folder, env=_env())
    try:
        _wait(server, url)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(START_S):
        if server.poll() is not None:
            raise RunFailed(f"the server ended with exit code {server.returncode}")
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(1)
    raise RunFailed(f"{url} did not answer in {START_S} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
