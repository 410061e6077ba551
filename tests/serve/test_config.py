from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cadvlm.errors import ConfigError
from serve.config import ServeConfig

SERVE_FILE = Path(__file__).parents[2] / "serve" / "config.yaml"


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [
        ("llava-hf/llava-1.5-7b-hf", "llava-hf/llava-1.5-7b-hf"),
        ("/data/runs/plates/final", "plates"),
        ("/data/runs/plates", "plates"),
        ("s3://bucket/runs/plates/final/", "plates"),
        ("/data/sweep/best", "sweep"),
    ],
)
def test_a_model_is_called_by_what_tells_it_apart(checkpoint: str, name: str) -> None:
    assert ServeConfig(checkpoint=checkpoint).model_name == name


def test_a_given_name_goes_first() -> None:
    assert ServeConfig(checkpoint="owner/model", name="ours").model_name == "ours"


@pytest.mark.parametrize(
    ("given", "least", "most"), [(3, 3, 3), ({"least": 2}, 2, 2), ({"least": 1, "most": 4}, 1, 4)]
)
def test_replicas_are_a_number_or_a_span(given: object, least: int, most: int) -> None:
    replicas = ServeConfig.parse({"checkpoint": "a", "builders": given}).builders
    assert (replicas.least, replicas.most) == (least, most)


def test_a_span_of_replicas_has_an_order() -> None:
    with pytest.raises(ConfigError, match="most"):
        ServeConfig.parse({"checkpoint": "a", "builders": {"least": 2, "most": 1}})


def test_the_serve_config_file_names_our_builder_with_valid_arguments() -> None:
    from ray.serve.schema import ServeDeploySchema

    file = ServeDeploySchema.model_validate(yaml.safe_load(SERVE_FILE.read_text()))
    (application,) = file.applications
    assert application.import_path == "serve.app:build_app"
    config = ServeConfig.parse(application.args)
    assert (file.http_options.host, file.http_options.port) == (config.host, config.port)
