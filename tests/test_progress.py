"""Where there is no terminal, progress is a plain line now and then."""

from cadvlm.progress import Progress


def test_last_line_says_how_much_was_done(capsys):
    with Progress("execute", total=3, unit="parts") as progress:
        progress.advance(2)
        progress.advance()
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("execute: 3/3 parts, ")
    assert "in 0:0" in line


def test_lines_come_at_the_asked_pace_with_their_note(capsys):
    with Progress("execute", total=2, unit="parts", every_s=0.0) as progress:
        progress.advance(note="1 failed")
        progress.advance()
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("execute: 1/2 parts")
    assert first.endswith("left  1 failed")
    assert last.startswith("execute: 2/2 parts")


def test_work_already_done_counts_as_done_but_not_as_speed(capsys):
    with Progress("execute", total=1_000_001, unit="parts", done=1_000_000) as progress:
        assert progress.done == 1_000_000
    line = capsys.readouterr().err
    assert "1000000/1000001 parts, 0/s" in line


def test_failed_work_does_not_claim_to_have_ended(capsys):
    try:
        with Progress("execute", total=3, unit="parts"):
            raise ValueError
    except ValueError:
        pass
    assert capsys.readouterr().err == ""
