"""Every YAML layer in the repository is valid for the jobs that its first line names."""

import re

import pytest
import yaml
from pydantic import ValidationError

import cluster.config
import jobs.settings
from tests.house.tree import ROOT, files, name

LAYERS = list(
    files("*.yaml", "jobs/configs", "studies/configs", "tune/configs", "cluster/profiles")
)


@pytest.mark.parametrize("path", LAYERS, ids=name)
def test_layer_is_valid_for_the_jobs_it_names(path):
    text = path.read_text()
    header = re.match(r"# settings: (\w+(?:, \w+)*)\n", text)
    assert header, f"{name(path)}: the first line must read `# settings: TrainJob, ...`"
    for job in header[1].split(", "):
        settings = getattr(jobs.settings, job, None) or getattr(cluster.config, job)
        try:
            settings.model_validate(yaml.safe_load(text))
        except ValidationError as error:
            # A layer may leave to another what is required; anything else is a mistake.
            wrong = [one for one in error.errors() if one["type"] != "missing"]
            assert not wrong, f"{name(path)} as {job}: {wrong}"


def test_laptop_profile_starts_a_private_ray():
    tree = yaml.safe_load((ROOT / "cluster/profiles/laptop.yaml").read_text())
    assert cluster.config.ClusterConfig.parse(tree["cluster"]).address == "local"


def test_runtime_environment_has_only_strings_as_ray_demands():
    tree = yaml.safe_load((ROOT / "cluster/runtime_env.yaml").read_text())
    assert set(tree) == {"env_vars", "excludes"}
    assert all(isinstance(value, str) for value in tree["env_vars"].values())
