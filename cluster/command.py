"""What every entry point does with its words: layers in, settings out, the right exit code.

0 success; 1 the run failed and says what is kept; 2 the user can mend it, one line says how.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import yaml

from cadvlm.config.base import Config, keys
from cadvlm.errors import CadvlmError, ConfigError, InputError, RunFailed
from cluster.config import SUBMITTED

C = TypeVar("C", bound=Config)


def command(
    settings: type[C],
    run: Callable[[C], None],
    doc: str | None,
    base: Sequence[str] = (),
    named: Path | None = None,
) -> None:
    """Parse ``sys.argv``, run, exit.

    ``doc`` is the job's module docstring, shown by ``--help``; ``base`` are layers that lie below
    those of the command line; layers in the folder ``named`` are known by their names alone.
    """
    words = [_layer(word, named) if named else word for word in sys.argv[1:]]
    try:
        if "--help" in words or "-h" in words:
            return _help(settings, doc or "")
        show_only = "--print-config" in words
        config = settings.load([*base, *(word for word in words if word != "--print-config")])
        _refuse_to_lose(config)
        if show_only:
            return print(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False), end="")
        run(config)
    except (ConfigError, InputError) as error:
        _stop(error, 2)
    except CadvlmError as error:
        _stop(error, 1)
    except OSError as error:  # a full disk, a storage that is away or lets nobody in
        _stop(RunFailed(f"{error}; what is written is kept, the same command goes on from it"), 1)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


def _layer(word: str, named: Path) -> str:
    """The file of a layer that was named."""
    file = named / f"{word}.yaml"
    return str(file) if re.fullmatch(r"\w+", word) and file.is_file() else word


def _refuse_to_lose(config: Config) -> None:
    """A submitted job works in an uploaded copy of the checkout, which Ray removes after it."""
    out = getattr(config, "out", None)
    if out and SUBMITTED in os.environ and "://" not in out and not os.path.isabs(out):
        raise ConfigError(
            f"out: {out} is relative to a folder that is removed when the submitted job ends; "
            "give a path from / that the nodes share, or a URI"
        )


def _help(settings: type[Config], doc: str) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `--help | head` ends quietly
    print(doc.strip() + "\n\nSettings (layers of YAML files and key=value; the later one wins):\n")
    for key in keys(settings):
        print(f"  {key.name}  ({key.type}; {key.default})\n      {key.meaning}")


def _stop(error: CadvlmError, code: int) -> None:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(code)


def wait_until_stopped() -> None:
    """Hold a serving job open. Ctrl-C and SIGTERM are its normal end."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
