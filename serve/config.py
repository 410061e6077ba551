"""Settings of the endpoint, and the typed argument of ``build_app``."""

import re

from pydantic import Field

from cadvlm.config.base import Config
from cadvlm.config.execution import Limits
from cadvlm.records import PROMPT


class Weights(Config):
    """What can be replaced while the endpoint runs."""

    checkpoint: str
    """A run folder, its ``final/``, or any Hugging Face model."""

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
        return self.checkpoint.rstrip("/").removesuffix("/final").rpartition("/")[2]


class ServeConfig(Weights):
    """A checkpoint behind HTTP."""

    host: str = "127.0.0.1"
    """Address to listen on. The default is reachable from this machine only."""

    port: int = Field(8000, gt=0, lt=65536)
    """Port to listen on."""

    prompt: str = PROMPT
    """The instruction that goes with every picture; the one the model was trained with."""

    max_new_tokens: int = Field(1024, gt=0)
    """Longest program, unless a request asks for less."""

    batch_size: int = Field(16, gt=0)
    """Programs written at once, of one request or of several."""

    gpu: bool | None = None
    """True: the generator takes a GPU. Null: as the cluster has them."""

    cpus: float = Field(1.0, gt=0)
    """Cores reserved for, and threads used by, the generator."""

    builders: int = Field(1, gt=0)
    """Replicas that execute programs; the candidates of a request are spread over them."""

    builder_cpus: float = Field(0.5, gt=0)
    """Cores reserved for each of them. A program runs on one; most of the time none runs."""

    limits: Limits = Limits()
    """For every program that is executed."""

    allow_unsafe: bool = False
    """Start even where `python -m cadvlm.execution.selfcheck` finds a protection missing."""

    max_upload_mb: float = Field(20.0, gt=0)
    """Largest request body, in MiB. Above this or one of the next three a request is refused."""

    max_images: int = Field(4, gt=0)
    """Most pictures of one part."""

    max_megapixels: float = Field(50.0, gt=0)
    """Largest picture, counted from its header before it is unpacked."""

    max_candidates: int = Field(16, gt=0)
    """Most programs written for one request."""

    max_requests: int = Field(64, gt=0)
    """Requests in work or waiting; one more is told to come back later (429)."""

    budget_s: float = Field(300.0, gt=0)
    """Longest that a request may take, after which it is given up (504)."""

    keys_file: str | None = None
    """File with one API key a line, or a name and a key; ``#`` begins a comment. Null: no key is
    asked for, which suits an address that only this machine can reach."""

    rate_per_minute: float | None = Field(None, gt=0)
    """Programs that each key, or each address where there are no keys, may ask for. Null: any
    number."""

    audit: str | None = None
    """File to which every request adds a line of JSON: when, who, what, the answer's status, how
    long. Null: the log of the server."""

    artifacts_mb: float = Field(256.0, gt=0)
    """Memory for the files of recent answers, in MiB; the least recently used go first."""

    artifacts_ttl_s: float = Field(3600.0, gt=0)
    """An answer's files can be fetched for so many seconds."""
