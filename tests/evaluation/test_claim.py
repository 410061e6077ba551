import pytest

from cadvlm.config.evaluate import EvaluateConfig
from cadvlm.errors import ConfigError
from cadvlm.evaluation.claim import claim
from cadvlm.storage import Folder


@pytest.fixture
def config(tmp_path):
    for name in ("predictions", "references"):
        (tmp_path / name).write_text(f"{name}\n")
    return EvaluateConfig(
        out=str(tmp_path / "out"),
        predictions=str(tmp_path / "predictions"),
        references=str(tmp_path / "references"),
    )


@pytest.fixture
def begun(config):
    out = Folder(config.out)
    claim(out, config)
    out.write("rows/part-000000.parquet", b"")
    return out


def test_the_same_evaluation_finds_its_folder(begun, config):
    assert claim(begun, config)


def test_how_the_work_is_done_may_change(begun, config):
    changed = {"scorers": 7, "gallery": 1, "generation.batch_size": 1}
    assert not claim(begun, config.override(changed))


@pytest.mark.parametrize(
    ("key", "value"), [("seed", 1), ("limits.cpu_s", 1.0), ("generation.temperature", 0.5)]
)
def test_what_decides_a_score_may_not_change(begun, config, key, value):
    with pytest.raises(ConfigError, match=f"another {key.removesuffix('.cpu_s')}"):
        claim(begun, config.override({key: value}))


def test_other_predictions_under_the_same_name_are_noticed(begun, config, tmp_path):
    (tmp_path / "predictions").write_text("others\n")
    with pytest.raises(ConfigError, match="another predictions"):
        claim(begun, config)


def test_a_folder_without_work_is_free(config):
    out = Folder(config.out)
    claim(out, config)
    claim(out, config.override({"seed": 1}))
    assert out.read_json("config.json")["config"]["seed"] == 1


def test_the_checkpoint_is_known_by_its_weights(tmp_path):
    final = tmp_path / "run" / "final"
    final.mkdir(parents=True)
    (final / "model.safetensors").write_bytes(b"first")
    config = EvaluateConfig(
        out=str(tmp_path / "out"), checkpoint=str(tmp_path / "run"), dataset=str(tmp_path / "none")
    )
    out = Folder(config.out)
    claim(out, config)
    out.write("answers/part-000000.parquet", b"")
    (final / "README.md").write_text("What it was trained on.")
    claim(out, config)
    (final / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ConfigError, match="another checkpoint"):
        claim(out, config)
