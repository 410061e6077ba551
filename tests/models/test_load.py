import tempfile

import pytest
import torch

from cadvlm.errors import InputError
from cadvlm.models.load import load, load_config


@pytest.fixture
def run_folder(tiny, tmp_path):
    for part in tiny:
        part.save_pretrained(tmp_path / "final")
    return tmp_path


def test_run_folder_opens_its_final_model(run_folder, tiny):
    model, processor = load(str(run_folder))
    assert torch.equal(model.lm_head.weight, tiny.model.lm_head.weight)
    assert processor.tokenizer.get_vocab() == tiny.processor.tokenizer.get_vocab()


def test_a_sweeps_folder_opens_its_best_model(run_folder):
    (run_folder / "final").rename(run_folder / "best")
    assert load_config(str(run_folder)).model_type == "llava"


def test_uri_opens_like_a_folder_and_leaves_no_copy(
    run_folder, tiny, tmp_path_factory, monkeypatch
):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    model, _ = load(f"file://{run_folder}/final")
    assert torch.equal(model.lm_head.weight, tiny.model.lm_head.weight)
    assert not list(scratch.iterdir())


def test_precision_can_be_asked_for(run_folder):
    assert load(str(run_folder), torch.bfloat16).model.dtype == torch.bfloat16


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/at/all", "../up", "a/b/c"])
def test_missing_folder_is_named(path):
    with pytest.raises(InputError, match=path):
        load(path)


def test_folder_without_a_model_says_what_was_expected(tmp_path):
    with pytest.raises(InputError, match=r"config\.json, or the final/"):
        load(str(tmp_path))


def test_model_that_sees_nothing_is_refused_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(InputError, match="image-text-to-text") as caught:
        load(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_shape_is_read_without_weights(run_folder):
    (run_folder / "final" / "model.safetensors").unlink()
    assert load_config(str(run_folder)).model_type == "llava"
    assert load_config(f"file://{run_folder}").model_type == "llava"
