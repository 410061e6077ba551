"""What brings clusters up: Ray's own schema, KubeRay's fields, and that all they mention exists."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ray.autoscaler._private.util import fillout_defaults, prepare_config, validate_config
from ray.serve.schema import ServeDeploySchema

from cadvlm.config.base import Config
from serve.config import ServeConfig
from tests.house.tree import ROOT, name

LAUNCHED = [ROOT / "cluster.yaml", ROOT / "cluster/onpremise.yaml"]
KUBERAY = sorted((ROOT / "cluster/kuberay").glob("*.yaml"))
DOCKERFILE = ROOT / "cluster/Dockerfile"
ALL = [*LAUNCHED, *KUBERAY, DOCKERFILE, *sorted((ROOT / "cluster/profiles").glob("*.yaml"))]

CLUSTER = {
    "rayVersion": str,
    "authOptions": {"mode": str, "secretName": str},
    "enableInTreeAutoscaling": bool,
    "autoscalerOptions": {"version": str, "idleTimeoutSeconds": int},
    "headGroupSpec": {"rayStartParams": {str: str}, "template": "pod"},
    "workerGroupSpecs": [
        {
            "groupName": str, "priority": int, "replicas": int, "minReplicas": int,
            "maxReplicas": int, "rayStartParams": {str: str}, "template": "pod",
        }
    ],
}  # fmt: skip
KINDS = {
    "RayCluster": CLUSTER,
    "RayJob": {
        "clusterSelector": {str: str}, "entrypoint": str, "runtimeEnvYAML": str,
        "submissionMode": str, "backoffLimit": int, "ttlSecondsAfterFinished": int,
    },
    "RayService": {"serveConfigV2": str, "rayClusterConfig": CLUSTER},
}  # fmt: skip
"""The fields that we use of KubeRay 1.7's resource definitions (helm-chart/kuberay-operator/crds),
and what they hold. ``{str: str}`` is a mapping of any keys."""
POD = {
    "spec": {
        "containers": [
            {
                "name": str, "image": str, "ports": [{"name": str, "containerPort": int}],
                "resources": {"requests": {str: str}, "limits": {str: str}},
                "securityContext": {
                    "runAsNonRoot": bool, "runAsUser": int, "allowPrivilegeEscalation": bool,
                    "capabilities": {"drop": [str]}, "seccompProfile": {"type": str},
                },
                "volumeMounts": [{"name": str, "mountPath": str}],
            }
        ],
        "securityContext": {"fsGroup": int},
        "volumes": [{"name": str, "persistentVolumeClaim": {"claimName": str}}],
        "nodeSelector": {str: str},
        "tolerations": [{"key": str, "operator": str, "effect": str}],
    }
}  # fmt: skip
"""The same of a Kubernetes pod template."""


def test_a_field_that_kuberay_does_not_have_is_found():
    tree = {"headGroupSpec": {"rayStartParam": {}}, "workerGroupSpecs": [{"maxReplicas": "8"}]}
    assert list(unknown(tree, CLUSTER, "spec")) == [
        "spec.headGroupSpec.rayStartParam: no such field",
        "spec.workerGroupSpecs.0.maxReplicas: '8' is no int",
    ]


@pytest.mark.parametrize("path", KUBERAY, ids=name)
def test_kubernetes_objects_have_only_fields_of_kuberay(path):
    tree = yaml.safe_load(path.read_text())
    assert tree["apiVersion"] == "ray.io/v1"
    assert re.fullmatch(
        r"[a-z-]+", tree["metadata"].get("name") or tree["metadata"]["generateName"]
    )
    assert list(unknown(tree["spec"], KINDS[tree["kind"]], tree["kind"])) == []


@pytest.mark.parametrize("path", KUBERAY, ids=name)
def test_pods_run_what_the_dockerfile_builds_and_mount_what_they_have(path):
    tree = yaml.safe_load(path.read_text())
    spec = tree["spec"].get("rayClusterConfig", tree["spec"])
    groups = [spec[key] for key in ("headGroupSpec",) if key in spec]
    groups += spec.get("workerGroupSpecs", [])
    for group in groups:
        pod = group["template"]["spec"]
        [container] = pod["containers"]
        assert f"--tag {container['image']} " in DOCKERFILE.read_text()
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert container["resources"]["requests"] == container["resources"]["limits"]
        assert group.get("minReplicas", 0) <= group.get("maxReplicas", 0)
    if groups:
        assert spec["rayVersion"] == _pins()["ray"]


def test_submitted_job_names_an_entry_point_that_takes_its_settings():
    spec = yaml.safe_load((ROOT / "cluster/kuberay/rayjob.yaml").read_text())["spec"]
    assert yaml.safe_load(spec["runtimeEnvYAML"])["working_dir"].startswith("file:///")
    cluster = yaml.safe_load((ROOT / "cluster/kuberay/raycluster.yaml").read_text())
    assert spec["clusterSelector"] == {"ray.io/cluster": cluster["metadata"]["name"]}
    _accepts(spec["entrypoint"])


def test_service_is_one_that_ray_serve_and_our_settings_accept():
    spec = yaml.safe_load((ROOT / "cluster/kuberay/rayservice.yaml").read_text())["spec"]
    config = ServeDeploySchema.model_validate(yaml.safe_load(spec["serveConfigV2"]))
    [application] = config.applications
    module, _, attribute = application.import_path.partition(":")
    # Not imported: that would take as long as all else here together.
    assert f"\ndef {attribute}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()
    assert ServeConfig.parse(application.args).gpu is True


@pytest.mark.parametrize("path", LAUNCHED, ids=name)
def test_ray_up_accepts_the_file(path):
    validate_config(fillout_defaults(yaml.safe_load(path.read_text())))
    prepared = prepare_config(yaml.safe_load(path.read_text()))
    assert prepared["head_node_type"] in prepared["available_node_types"]


def test_spot_machines_fall_back_to_equal_ones_at_full_price():
    types = yaml.safe_load((ROOT / "cluster.yaml").read_text())["available_node_types"]
    spots = [kind for kind in types if kind.endswith("_spot")]
    assert spots == ["cpu_spot", "gpu_spot"]
    for spot in spots:
        full = types[spot.removesuffix("_spot")]
        assert types[spot]["resources"] == full["resources"]
        assert types[spot]["priority"] > full.get("priority", 0)
        assert types[spot]["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
        assert "InstanceMarketOptions" not in full["node_config"]


@pytest.mark.parametrize("path", ALL, ids=name)
def test_every_file_and_command_that_is_mentioned_exists(path):
    text = path.read_text().replace("\\\n#", "")
    for file in re.findall(r"\b(?:cluster|jobs|serve)/[\w./-]+\.\w+|constraints\.txt", text):
        assert (ROOT / file).is_file(), file
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert "__main__" in (ROOT / f"{module.replace('.', '/')}.py").read_text(), module


@pytest.mark.parametrize("path", ALL, ids=name)
def test_no_registry_and_no_machine_is_named(path):
    text = path.read_text()
    assert not re.search(r"https?://(?!127\.0\.0\.1)|\b(?:docker|quay|ghcr|gcr|ecr)\.\w+/", text)
    assert not re.search(r"/(?:home/(?!ray\b)|root|Users|mnt|work)/", text)


def test_image_installs_what_the_constraints_say_and_not_our_own_code():
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    installs = [part for line in lines for part in line.split("&&") if "pip install" in part]
    assert installs
    assert all("-c constraints.txt" in install for install in installs)
    copied = [file for line in lines if line.startswith("COPY") for file in line.split()[1:-1]]
    assert all((ROOT / file).is_file() for file in copied)
    assert not [file for file in copied if file.startswith(("cadvlm", "jobs", "serve", "tune"))]
    [base] = [line.split()[1] for line in lines if line.startswith("FROM")]
    assert base.startswith(f"python:{sys.version_info.major}.")


def test_image_depends_on_all_that_is_declared_and_pinned():
    ended = subprocess.run(
        [sys.executable, "cluster/requirements.py"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    needed = {canonicalize_name(Requirement(line).name) for line in ended.stdout.splitlines()}
    assert {"ray", "torch", "cadquery", "deepspeed", "pydantic", "jinja2", "fastapi"} <= needed
    assert not {"cadvlm", "pytest"} & needed
    assert needed <= set(_pins())


def unknown(tree: Any, fields: Any, at: str) -> Iterator[str]:
    """What in a tree is not among the fields, or holds something else."""
    fields = POD if fields == "pod" else fields
    if isinstance(fields, type):
        if type(tree) is not fields:
            yield f"{at}: {tree!r} is no {fields.__name__}"
    elif isinstance(fields, list):
        for place, item in enumerate(tree):
            yield from unknown(item, fields[0], f"{at}.{place}")
    else:
        for key, value in tree.items():
            known = fields.get(key, fields.get(str))
            if known is None:
                yield f"{at}.{key}: no such field"
            else:
                yield from unknown(value, known, f"{at}.{key}")


def _accepts(entrypoint: str) -> None:
    """An entry point's settings take these words; nothing is run."""
    python, option, module, *words = shlex.split(entrypoint)
    assert [python, option] == ["python", "-m"]
    tail = Path(ROOT, f"{module.replace('.', '/')}.py").read_text()
    found = re.search(r"command\((\w+), run", tail)
    assert found
    settings = getattr(import_module(module), found[1])
    assert issubclass(settings, Config)
    settings.load(words)


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    pins = dict(line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(key): version for key, version in pins.items()}
