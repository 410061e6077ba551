"""Settings of the endpoint, the typed argument of ``build_app``, and of the training API."""

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits
from cadvlm.records import PROMPT


class Weights(Config):
    """What can be replaced while the endpoint runs."""

    checkpoint: str
    """A sweep's folder, a run's, its ``final/``, or any Hugging Face model."""

    name: str | None = None
    """What ``/v1/models`` calls the model. Null: the hub id, or the checkpoint's folder."""

    adapters: dict[str, str] = Field({})
    """LoRA adapters on the same weights: a name for clients, and the folder that ``peft`` opens (a
    run's ``adapter/``). A request names one as its ``model``."""

    @property
    def models(self) -> tuple[str, ...]:
        """What clients may ask for; the checkpoint itself first."""
        return (self.model_name, *self.adapters)

    @property
    def model_name(self) -> str:
        """What clients call the checkpoint; see ``name``."""
        if self.name or re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", self.checkpoint):
            return self.name or self.checkpoint
        folder = self.checkpoint.rstrip("/").removesuffix("/final").removesuffix("/best")
        return folder.rpartition("/")[2]


class DoorConfig(Config):
    """Who may come in, and how much at a time; the same for every server."""

    host: str = "127.0.0.1"
    """Address to listen on. The default is reachable from this machine only."""

    max_upload_mb: float = Field(20.0, gt=0)
    """Largest request body, in MiB."""

    max_requests: int = Field(64, gt=0)
    """Requests in work or waiting; one more is told to come back later (429)."""

    budget_s: float = Field(300.0, gt=0)
    """Longest that a request may take, after which it is given up (504)."""

    keys_file: str | None = None
    """File with one API key a line, or a name and a key; ``#`` begins a comment. Null: no key is
    asked for, which suits an address that only this machine can reach."""

    rate_per_minute: float | None = Field(None, gt=0)
    """Programs, or jobs of the training API, that each key may ask for; without keys each address.
    Null: any number."""

    audit: str | None = None
    """File to which every request adds a line of JSON: when, who, what, the answer's status, how
    long. Null: the log of the server."""


class ReplicasConfig(Config):
    """How many copies of a part of the endpoint there are."""

    least: int = Field(1, gt=0)
    """At all times."""

    most: int = Field(1, gt=0)
    """While there is work for so many; more are started as requests wait, and end when idle."""

    @model_validator(mode="before")
    @classmethod
    def _a_bare_number_is_both(cls, value: Any) -> Any:
        if isinstance(value, int):
            return {"least": value, "most": value}
        if isinstance(value, dict) and "most" not in value and isinstance(value.get("least"), int):
            return {**value, "most": value["least"]}
        return value

    @model_validator(mode="after")
    def _most_is_not_less(self) -> Self:
        if self.most < self.least:
            raise ValueError(f"most ({self.most}) is less than least ({self.least})")
        return self


class ServeConfig(Weights, DoorConfig):
    """A checkpoint behind HTTP."""

    port: int = Field(8000, gt=0, lt=65536)
    """Port to listen on."""

    prompt: str = PROMPT
    """The instruction that goes with every picture; the one the model was trained with."""

    max_new_tokens: int = Field(1024, gt=0)
    """Longest program, unless a request asks for less."""

    batch_size: int = Field(16, gt=0)
    """Programs written at once, of one request or of several."""

    backend: Literal["transformers", "vllm"] = "transformers"
    """What writes the programs. ``vllm`` (installed beside: ``pip install vllm``) is for GPUs and
    many clients; it opens the architectures that it knows, LLaVA and Qwen-VL among them."""

    engine: dict[str, Any] = Field({})
    """More of vLLM's engine arguments, under its own names: ``{tensor_parallel_size: 2}``."""

    gpu: bool | None = None
    """True: the generator takes a GPU. Null: as the cluster has them."""

    cpus: float = Field(1.0, gt=0)
    """Cores reserved for, and threads used by, a generator."""

    generators: ReplicasConfig = ReplicasConfig()
    """Copies of the model; ``generators=4`` is short for as many at all times."""

    builders: ReplicasConfig = ReplicasConfig()
    """Replicas that execute programs; the candidates of a request are spread over them."""

    builder_cpus: float = Field(0.5, gt=0)
    """Cores reserved for each of them. A program runs on one; most of the time none runs."""

    limits: Limits = Limits()
    """For every program that is executed."""

    allow_unsafe: bool = False
    """Start even where `python -m cadvlm.execution.selfcheck` finds a protection missing."""

    max_images: int = Field(4, gt=0)
    """Most pictures of one part. Beyond this or one of the next three a request is refused."""

    max_megapixels: float = Field(50.0, gt=0)
    """Largest picture, counted from its header before it is unpacked."""

    max_candidates: int = Field(16, gt=0)
    """Most programs written for one request."""

    corrections: int = Field(0, ge=0, le=4)
    """How often a program that fails is asked for again, with its error in the prompt. For models
    that follow such words; one that was trained on pictures alone does not."""

    artifacts_mb: float = Field(256.0, gt=0)
    """Memory for the files of recent answers, in MiB; the least recently used go first."""

    artifacts_ttl_s: float = Field(3600.0, gt=0)
    """An answer's files can be fetched for so many seconds."""


class TrainingConfig(DoorConfig):
    """The training API: datasets and fine-tuning as Ray jobs."""

    port: int = Field(7001, gt=0, lt=65536)
    """Port to listen on."""

    storage: str = "runs/training"
    """Where uploads, datasets and runs are kept: a path that all nodes share, or a URI."""

    sources: str | None = None
    """Folder whose folders clients name as ``source_folder``. Null: that of the uploads."""

    base_models: dict[str, str] = Field({})
    """Names that clients may give as ``base_model``, and the model behind each: a folder or a hub
    id. Finished runs can be named too."""

    hub: bool = True
    """Whether clients may also name any model of the Hugging Face hub."""

    prepare: dict[str, Any] = Field({})
    """Settings of ``jobs.prepare``, by dotted keys, that hold for every dataset whatever a client
    asks for."""

    train: dict[str, Any] = Field({})
    """The same of ``jobs.train``, for every run: ``{workers.count: 8, zero_stage: 3}``."""

    python: str | None = None
    """What runs the jobs, on the cluster's head node. Null: the Python that runs this server."""

    max_jobs: int = Field(8, gt=0)
    """Jobs that run or wait; one more is told to come back later (429)."""

    max_upload_mb: float = Field(256.0, gt=0)
    """Largest request body, in MiB; an archive may hold four times as much."""

    max_files: int = Field(20_000, gt=0)
    """Most files of one upload."""
