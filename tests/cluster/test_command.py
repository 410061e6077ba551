"""Words in, settings out, and the exit code that says whose turn it is."""

import pytest

from cadvlm.config.base import Config
from cadvlm.errors import CadvlmError, InputError, RunFailed
from cluster.command import command


class Job(Config):
    """A job of two settings."""

    out: str
    """Where to."""
    count: int = 1
    """How many."""


def started(monkeypatch, *words: str, run=lambda config: None, base=()) -> int | None:
    """Run the command with these words; its exit code, or None when it just returned."""
    monkeypatch.setattr("sys.argv", ["job", *words])
    try:
        command(Job, run, "What it does.", base=base)
    except SystemExit as end:
        return end.code  # type: ignore[return-value]
    return None


def raising(error: BaseException):
    def run(config: Job) -> None:
        raise error

    return run


def test_run_gets_the_settings(monkeypatch):
    seen: list[Job] = []
    assert started(monkeypatch, "out=a", "count=3", run=seen.append) is None
    assert seen == [Job(out="a", count=3)]


def test_base_layers_lie_below_the_words(monkeypatch):
    seen: list[Job] = []
    started(monkeypatch, "count=3", run=seen.append, base=["out=a", "count=2"])
    assert seen == [Job(out="a", count=3)]


@pytest.mark.parametrize("word", ["--help", "--print-config"])
def test_asking_does_not_run(monkeypatch, capsys, word):
    assert started(monkeypatch, "out=a", word, run=raising(AssertionError())) is None
    assert "out" in capsys.readouterr().out


def test_help_needs_no_settings(monkeypatch, capsys):
    assert started(monkeypatch, "--help") is None
    shown = capsys.readouterr().out
    assert shown.startswith("What it does.")
    assert "count  (int; 1)\n      How many." in shown


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("x: gone"), 2), (RunFailed("x: gone"), 1), (CadvlmError("x: gone"), 1)],
)
def test_error_on_purpose_is_one_line_and_its_code(monkeypatch, capsys, error, code):
    assert started(monkeypatch, "out=a", run=raising(error)) == code
    assert capsys.readouterr().err == "error: x: gone\n"


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    assert started(monkeypatch, "out=a", run=raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_defect_of_ours_keeps_its_traceback(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        started(monkeypatch, "out=a", run=raising(ZeroDivisionError()))


def test_submitted_job_does_not_write_where_its_results_would_be_lost(monkeypatch, capsys):
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    assert started(monkeypatch, "out=runs/a", run=raising(AssertionError())) == 2
    assert "out: runs/a is relative" in capsys.readouterr().err
    assert started(monkeypatch, "out=/shared/a") is None
    assert started(monkeypatch, "out=s3://bucket/a") is None
