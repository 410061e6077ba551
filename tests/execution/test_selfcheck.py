"""What the self-check says is so: all of it here, and less on machines with less."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cadvlm.execution import landlock, seccomp
from cadvlm.execution.selfcheck import protections
from tests.conftest import ROOT

COMMAND = [sys.executable, "-m", "cadvlm.execution.selfcheck"]

LANDLOCK = [444, errno.ENOSYS]
PRCTL = {"x86_64": 157, "aarch64": 167}
SECCOMP = [PRCTL.get(os.uname().machine, 0), errno.EINVAL, 21, 22]
"""Asking for it and setting a filter."""
needs_both = pytest.mark.skipif(
    not (landlock.version() and seccomp.available()), reason="not all is there to be taken away"
)


@needs_both
def test_everything_is_enforced_here():
    assert [protection.name for protection in protections() if not protection.enforced] == []
    assert len(protections()) > 20


@needs_both
def test_machine_without_landlock_does_not_pretend():
    done = _without(LANDLOCK)
    assert done.returncode == 1
    open_ = _open(done.stdout)
    assert {"reading files outside", "writing files outside"} <= open_
    assert not {"TCP", "new processes", "memory", "signals to other processes"} & open_
    assert "Landlock not available here" in done.stdout


@needs_both
def test_machine_without_seccomp_does_not_pretend():
    done = _without(SECCOMP)
    assert done.returncode == 1
    open_ = _open(done.stdout)
    assert {"new processes", "UDP", "modes and dates of files outside"} <= open_
    assert not {"reading files outside", "writing files outside", "memory"} & open_


@needs_both
@pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as an ordinary user already")
def test_ordinary_user_is_as_well_protected(tmp_path: Path):
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", _AS_NOBODY, "sh", str(tmp_path), *COMMAND],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("file systems cannot be mounted here")
    assert done.returncode == 0, done.stdout + done.stderr


# Python may lie where an ordinary user cannot look (/root): in a view of the files of its own,
# the closed folders on the way are replaced by open ones that hold only the way.
_AS_NOBODY = """
view=$1; shift
chmod 755 "$view"
for python in "$(readlink -f "$1")"; do
  top=/$(echo "$python" | cut -d/ -f2)
  if ! setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$python"; then
    base=$(dirname "$(dirname "$python")")
    mkdir "$view/python"
    mount --bind "$base" "$view/python" || exit 77
    mount -t tmpfs -o mode=755 none "$top"
    mkdir -p "$base"
    mount --bind "$view/python" "$base"
  fi
done
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
"""


def _without(call: list[int]) -> "subprocess.CompletedProcess[str]":
    absent = [sys.executable, "-m", "tests.execution.absent", *map(str, call), "--"]
    return subprocess.run(
        [*absent, *COMMAND], capture_output=True, text=True, cwd=ROOT, check=False
    )


def _open(table: str) -> set[str]:
    return {line.partition("  ")[0] for line in table.splitlines() if "  NO   " in line}
