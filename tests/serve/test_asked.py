from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cadvlm.config.data import PrepareConfig
from cadvlm.config.train import TrainConfig
from cadvlm.errors import ConfigError
from serve.asked import DatasetRequest, FinetuneRequest

SOURCES = [{"name": "deepcad", "path": "/parts"}]


def _prepare(fixed: dict[str, Any] | None = None, **asked: Any) -> PrepareConfig:
    request = DatasetRequest.model_validate({"name": "a", "source_folder": "b", **asked})
    return request.settings(SOURCES, "/out", fixed or {})


def _train(model: str | None = "/base", fixed: Any = None, **asked: Any) -> TrainConfig:
    request = FinetuneRequest.model_validate({"dataset_name": "a", **asked})
    return request.settings("/data", "/out", model, fixed or {})


@pytest.mark.parametrize("views", ["front,isometric", " front , iso", ["front", "isometric"]])
def test_views_are_words_or_a_list(views: Any) -> None:
    assert _prepare(views=views).pictures.views == ("front", "iso")


def test_what_is_not_learnt_from_is_halved() -> None:
    split = _prepare(train_split="0.8").split
    assert (split.val, split.test) == (0.1, 0.1)


def test_what_the_server_has_fixed_holds() -> None:
    assert _prepare({"pictures.size": 64}, resolution=448).pictures.pixels == (64, 64)
    assert _train(fixed={"optimizer.lr": 1e-3}, learning_rate=1).optimizer.lr == 1e-3


def test_a_view_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigError, match="sideways"):
        _prepare(views="sideways")


def test_a_base_model_gets_adapters_and_one_from_scratch_none() -> None:
    adapted, whole, scratch = _train(lora_rank=8), _train(lora_rank=0), _train(model=None)
    assert adapted.lora is not None
    assert (adapted.method, adapted.lora.rank, adapted.lora.alpha) == ("lora", 8, 16)
    assert (whole.method, whole.model.path, whole.train_vision) == ("full", "/base", False)
    assert (scratch.method, scratch.model.path, scratch.train_vision) == ("full", None, True)


def test_the_batch_is_that_of_one_worker() -> None:
    config = _train(fixed={"workers.count": 3}, batch_size=2)
    assert (config.micro_batch, config.batch_size, config.accumulation) == (2, 6, 1)


@pytest.mark.parametrize("name", ["", "../a", "a/b", "/a", ".a", "a b", "a\n", "a\0", "a" * 101])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(ValidationError):
        _prepare(name=name)
    with pytest.raises(ValidationError):
        _train(run_name=name)


@pytest.mark.parametrize("path", ["..", "a/../b", "/a", "a//b", "a/", "a/.b", "a" + "/a" * 9])
def test_a_folder_stays_below_the_servers(path: str) -> None:
    with pytest.raises(ValidationError):
        _prepare(source_folder=path)
    assert _prepare(source_folder="deepcad/cad_json/0001") is not None
