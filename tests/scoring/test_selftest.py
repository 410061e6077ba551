import sys

import pytest

from cadvlm.scoring import selftest


def got(scorer: str, metric: str) -> dict[str, float | None]:
    asked = selftest.ask(selftest.function(f"tests.scoring.peers:{scorer}"), metric)
    return {answer.case: answer.got for answer in asked}


def test_our_own_answers_are_all_right():
    wrong = [answer for answer in selftest.ask_ours() if not answer.ok]
    assert not wrong, selftest.table(wrong)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the roots of negative volumes
def test_cad_coders_faults_come_out_as_published():
    answers = got("cad_coder", "iou_aligned")
    turned = [value for case, value in answers.items() if case.startswith("chiral part turned")]
    assert min(turned) == pytest.approx(0.354, abs=1e-3)
    assert answers["square plate at 45 degrees"] == pytest.approx(0.707, abs=1e-3)
    assert answers["cube with holes at 33 degrees"] < 0.95
    assert answers["identity"] == pytest.approx(1, abs=1e-3)
    assert answers["empty result"] is None


def test_cadrilles_faults_come_out_as_published():
    answers = got("cadrille", "iou")
    assert answers["overlapping bodies"] == pytest.approx(1.33, abs=0.01)
    assert answers["body inside a body"] > 1.1
    assert answers["identity"] == pytest.approx(1, abs=1e-3)


def test_a_command_is_asked_with_two_files(tmp_path, capsys):
    script = tmp_path / "their_iou.py"
    script.write_text(
        "import sys, trimesh\n"
        "a, b = (trimesh.load(path) for path in sys.argv[1:])\n"
        "print('IoU', min(a.volume, b.volume) / max(a.volume, b.volume))\n"
    )
    line = f"{sys.executable} {script} {{candidate}} {{reference}}"
    case = next(case for case in selftest.cases() if case.name == "three times the size")
    assert selftest.command(line)(case.candidate, case.reference) == pytest.approx(1 / 27)


def test_the_exit_code_says_whether_all_is_right(capsys):
    wrong = ["--scorer", "tests.scoring.peers:always_right_about_identity", "--metric", "chamfer"]
    assert selftest.main(wrong) == 1
    assert "identity" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--scorer", "tests.scoring.nowhere:f"], ["--scorer", "nothing"], ["--command", "their_iou"]],
)
def test_a_scorer_that_is_not_there_is_one_line(arguments, capsys):
    assert selftest.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
