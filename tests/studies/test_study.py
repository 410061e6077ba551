"""What a study would do, and what it says of what came of it."""

import json
from pathlib import Path

import pytest

from cadvlm.errors import ConfigError
from cadvlm.reports import study as report
from cadvlm.storage import Folder
from studies.answer import Scored, answer
from studies.config import StudyConfig
from studies.study import planned

CONFIGS = sorted((Path(__file__).parents[2] / "studies" / "configs").glob("*.yaml"))
REWARDS = str(Path(__file__).parents[2] / "studies" / "configs" / "rewards.yaml")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_study_can_be_planned(path):
    sources = "prepare.sources=[{name: synthetic, limit: 9}]"
    config = StudyConfig.load([str(path), sources, "out=runs/s"])
    plans = planned(config)
    assert len(plans) == len(config.seeds) * len(config.arms)
    assert len({plan.scores.out for plan in plans}) == len(plans)
    for plan in plans:
        assert plan.scores.checkpoint == plan.stages[-1].out
        assert plan.stages[0].dataset == plan.data.out
        assert plan.scores.dataset == plan.judged.out


def test_what_arms_have_in_common_is_made_once():
    plans = planned(StudyConfig.load([REWARDS, "out=runs/s", "seeds=[0, 1]"]))
    assert len({plan.data.out for plan in plans}) == 1
    assert len({plan.stages[0].out for plan in plans}) == 2  # one for each seed
    assert len({stage.out for plan in plans for stage in plan.stages}) == 2 * 3
    _, more, rewarded, *_ = plans
    assert (more.stages[1].stage, rewarded.stages[1].stage) == ("adapt", "reward")
    assert rewarded.stages[1].model.path == rewarded.stages[0].out


def test_arms_may_all_be_judged_by_other_parts_than_they_learnt_from():
    layers = [REWARDS, "out=runs/s", "prepare.pictures.augment={}"]
    others = [*layers, "judged={pictures.augment: null}"]
    own, plain = (planned(StudyConfig.load(those))[0] for those in (layers, others))
    assert own.judged == own.data == plain.data != plain.judged
    assert own.stages == plain.stages  # trained once
    assert own.scores.out != plain.scores.out


def test_a_study_elsewhere_has_the_same_names_and_other_settings_have_others():
    here, there = (planned(StudyConfig.load([REWARDS, f"out={out}"])) for out in ("a", "b"))
    assert [Path(p.scores.out).name for p in here] == [Path(p.scores.out).name for p in there]
    longer = planned(StudyConfig.load([REWARDS, "out=a", "train.epochs=7"]))
    assert not {p.scores.out for p in here} & {p.scores.out for p in longer}


def test_an_arm_that_cannot_be_is_named():
    config = StudyConfig.load([REWARDS, "out=a", "arms.more imitation.train=[{}, {epochz: 1}]"])
    with pytest.raises(ConfigError, match=r"arms\.more imitation: epochz: unknown key"):
        planned(config)


@pytest.fixture
def summary():
    config = StudyConfig.load(
        [REWARDS, "out=runs/s", "seeds=[0, 1, 2]", "by=[n_faces, n_operations]"]
    )

    def row(arm: str, part: int, seed: int) -> dict:
        gain = {"imitation": 0.0, "more imitation": 0.001 * (seed - 1)}.get(arm, 0.2)
        scores = {"iou": 0.3 + 0.01 * part + gain, "iou_absolute": 0.3, "feature_match": None}
        faces = 6 if part % 2 else 30
        return {
            "status": "ok",
            "n_faces": faces,
            "n_operations": part,
            "tokens": 40 + part,
            **scores,
        }

    scored = [
        Scored(arm, seed, {f"part-{n}": row(arm, n, seed) for n in range(30)}, 60.0,
               [(1, 0.4), (2, 0.5)] if "reward" in arm else [], {"scores": "x"})
        for seed in config.seeds
        for arm in config.arms
    ]  # fmt: skip
    scored[0].rows["part-7"]["status"] = "unscored"
    return answer(config, scored)


def test_the_sentence_says_what_was_shown_and_what_was_not(summary):
    assert summary["parts"] == 29
    words = summary["sentence"]
    assert words.startswith("Mean IoU on 29 held-out parts, 3 seeds: imitation 0.448 (95 % ")
    assert "more imitation 0.448, +0.000 (95 % -0.002 to 0.002): no difference shown;" in words
    assert "imitation and reward 0.648, +0.200 (95 % 0.200 to 0.200)." in words


def test_parts_are_told_apart_by_complexity_the_simplest_first(summary):
    faces, depths = summary["groups"]["n_faces"], summary["groups"]["n_operations"]
    assert list(faces) == ["1-6 faces", "25+ faces"]
    assert faces["25+ faces"]["imitation"]["n"] == 15
    assert [words.split()[0] for words in depths] == ["0", "2", "4", "7", "10", "13", "16"]
    assert depths["10 operations and more"]["imitation"]["n"] == 3


def test_the_report_stands_alone_and_its_table_goes_into_other_documents(summary, tmp_path):
    (tmp_path / "study.json").write_text(json.dumps(summary))
    report.write(Folder(str(tmp_path)))
    html = (tmp_path / "report.html").read_text()
    assert "<script" not in html
    assert "no difference shown" in html
    markdown = (tmp_path / "summary.md").read_text()
    assert "| | imitation | more imitation | imitation and reward |" in markdown
    assert "**0.648 (" in markdown
    assert "| Features | - | - | - |" in markdown
    assert (tmp_path / "figure.svg").read_text().startswith("<svg xmlns=")
