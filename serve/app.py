"""The endpoint's three deployments: ingress -> generator (the model) -> builder (the sandbox)."""

import ray
import ray.serve
from ray.serve import Application

from serve.builder import Builder
from serve.config import ServeConfig
from serve.generator import ProgramGenerator
from serve.inference import Inference

# The ingress parses, waits and keeps files; it decodes pictures in threads of its own.
INGRESS_CPUS = 0.1


def build_app(config: ServeConfig) -> Application:
    """Compose the application; ``serve/config.yaml`` names this function.

    Needs a Ray session, which says whether there is a GPU to take.
    """
    # The annotation above stays a class at run time: Ray Serve reads it to check ``args``.
    gpu = ray.cluster_resources().get("GPU", 0) > 0 if config.gpu is None else config.gpu
    config = config.override({"gpu": gpu})
    generator = ray.serve.deployment(
        ProgramGenerator,
        name="generator",
        ray_actor_options={"num_cpus": config.cpus, "num_gpus": int(gpu)},
        # One batch in work and one that gathers; the rest waits in the ingress.
        max_ongoing_requests=2 * config.batch_size,
    ).bind(config)
    builder = ray.serve.deployment(
        Builder,
        name="builder",
        num_replicas=config.builders,
        ray_actor_options={"num_cpus": config.builder_cpus},
        max_ongoing_requests=1,  # a sandbox runs one program at a time
    ).bind(config.limits, config.allow_unsafe)
    ingress = ray.serve.deployment(
        ray.serve.ingress()(Inference),
        name="inference",
        num_replicas=1,  # it keeps the artifacts; see serve.artifacts
        ray_actor_options={"num_cpus": INGRESS_CPUS},
        max_ongoing_requests=1000,
    )
    return ingress.bind(config, generator, builder)
