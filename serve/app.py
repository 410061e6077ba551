"""The endpoint's three deployments: ingress -> generator (the model) -> builder (the sandbox)."""

import hashlib
from typing import Any

import ray
import ray.serve
from ray.serve import Application, Deployment

from serve.building import TAKEN, ProgramBuilder
from serve.config import ReplicasConfig, ServeConfig, Weights
from serve.generator import ProgramGenerator
from serve.inference import Inference
from serve.vllm_generator import VllmGenerator

# The ingress parses, waits and keeps files; it decodes pictures in threads of its own.
INGRESS_CPUS = 0.1

HEALTH_S = 2.0
"""A replica that died is replaced about so many seconds later; meanwhile its work waits."""


def build_app(config: ServeConfig) -> Application:
    """Compose the application; ``serve/config.yaml`` names this function.

    Needs a Ray session, which says whether there is a GPU to take. Where nothing but ``Weights``
    differs from what the same job deployed before, replicas stay and take those.
    """
    # The annotation above stays a class at run time: Ray Serve reads it to check ``args``.
    gpu = ray.cluster_resources().get("GPU", 0) > 0 if config.gpu is None else config.gpu
    config = config.override({"gpu": gpu})
    gpus = int(gpu) * config.engine.get("tensor_parallel_size", 1)
    weights = config.model_dump(mode="json", include=set(Weights.model_fields))
    generator = _deployment(
        VllmGenerator if config.backend == "vllm" else ProgramGenerator,
        config,
        name="generator",
        ray_actor_options={"num_cpus": config.cpus, "num_gpus": gpus},
        # One batch in work and one that gathers; the rest waits in the ingress.
        max_ongoing_requests=2 * config.batch_size,
        **_replicas(config.generators, config.batch_size),
        user_config=weights,
    ).bind(config)
    builder = _deployment(
        ProgramBuilder,
        config,
        name="builder",
        ray_actor_options={"num_cpus": config.builder_cpus},
        max_ongoing_requests=TAKEN,
        **_replicas(config.builders, 1),
    ).bind(config.limits, config.allow_unsafe)
    ingress = _deployment(
        ray.serve.ingress()(Inference),
        config,
        name="inference",
        num_replicas=1,  # it keeps the artifacts; see serve.artifacts
        ray_actor_options={"num_cpus": INGRESS_CPUS},
        max_ongoing_requests=1000,
        user_config=weights,
    )
    return ingress.bind(config, generator, builder)


def _replicas(replicas: ReplicasConfig, requests: int) -> dict[str, Any]:
    """Options for so many replicas, each of which is busy with so many requests."""
    if replicas.least == replicas.most:
        return {"num_replicas": replicas.least}
    scaling = {
        "min_replicas": replicas.least,
        "max_replicas": replicas.most,
        "target_ongoing_requests": requests,
    }
    return {"autoscaling_config": scaling}


def _deployment(cls: type, config: ServeConfig, **options: Any) -> Deployment:
    """A deployment that Ray Serve takes for the same as another of the same job and settings."""
    settings = config.model_dump_json(exclude=set(Weights.model_fields))
    job = ray.get_runtime_context().get_job_id()
    version = hashlib.sha256(f"{job} {settings}".encode()).hexdigest()
    # What `serve deploy` does with files; from Python, Ray 2.60 has no public way.
    deployment: Deployment = ray.serve.deployment(
        cls,
        health_check_period_s=HEALTH_S,
        graceful_shutdown_timeout_s=config.budget_s,
        graceful_shutdown_wait_loop_s=0.1,
        **options,
    )
    return deployment.options(_internal=True, version=version)
