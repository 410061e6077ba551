from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from serve.config import ServeConfig

SERVE_FILE = Path(__file__).parents[2] / "serve" / "config.yaml"


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [
        ("llava-hf/llava-1.5-7b-hf", "llava-hf/llava-1.5-7b-hf"),
        ("/data/runs/plates/final", "plates"),
        ("/data/runs/plates", "plates"),
        ("s3://bucket/runs/plates/final/", "plates"),
    ],
)
def test_a_model_is_called_by_what_tells_it_apart(checkpoint: str, name: str) -> None:
    assert ServeConfig(checkpoint=checkpoint).model_name == name


def test_a_given_name_goes_first() -> None:
    assert ServeConfig(checkpoint="owner/model", name="ours").model_name == "ours"


def test_the_serve_config_file_names_our_builder_with_valid_arguments() -> None:
    from ray.serve.schema import ServeDeploySchema

    file = ServeDeploySchema.model_validate(yaml.safe_load(SERVE_FILE.read_text()))
    (application,) = file.applications
    assert application.import_path == "serve.app:build_app"
    config = ServeConfig.parse(application.args)
    assert (file.http_options.host, file.http_options.port) == (config.host, config.port)
