"""Readers on files that atheris makes up, guided by what of the code they have reached.

    python -m tests.fuzz seconds=600                      # every reader, one after the other
    python -m tests.fuzz readers='[deepcad, stl]' seconds=60

Needs the package atheris (``pip install cadvlm[fuzz]``). A reader is given up at the first file
that it does not refuse properly, which is left in ``out``; then the exit code is 1.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from cadvlm.config.base import Config
from cadvlm.errors import InputError

LONGEST = 1 << 16
"""Bytes of a file."""
HANG_S = 20


class FuzzConfig(Config):
    """What is tried."""

    readers: tuple[str, ...] = ()
    """By name; none: all."""

    seconds: int = 600
    """For each."""

    out: str = "runs/fuzz"
    """Where corpora are kept, which the next run begins with, and files that break a reader."""


def main(config: FuzzConfig) -> int:
    """Every reader in a process of its own: atheris never returns."""
    from tests.fuzz.readers import READERS, seeds

    good, failed = seeds(), []
    for name in config.readers or READERS:
        corpus = Path(config.out, name.replace(" ", "_"))
        corpus.mkdir(parents=True, exist_ok=True)
        (corpus / "seed").write_bytes(good[name])
        words = [f"-max_total_time={config.seconds}", f"-max_len={LONGEST}", f"-timeout={HANG_S}",
                 "-rss_limit_mb=4096", f"-artifact_prefix={config.out}/broken-{corpus.name}-",
                 "-print_final_stats=1", str(corpus)]  # fmt: skip
        ended = subprocess.run([sys.executable, "-m", "tests.fuzz", "--one", name, *words])
        failed += [name] if ended.returncode else []
    print(f"broken: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def one(name: str, words: list[str]) -> None:
    """Try one reader until the time is over."""
    import atheris

    with atheris.instrument_imports(include=["cadvlm"]):
        from tests.fuzz.readers import READERS

    door = READERS[name]

    def attempt(content: bytes) -> None:
        with suppress(InputError):
            door(content)

    atheris.Setup([sys.argv[0], *words], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(FuzzConfig.load(sys.argv[1:])))
