"""Settings of ``jobs.train``: from a dataset folder to a checkpoint."""

from typing import Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from cadvlm.config.base import Config
from cadvlm.config.model import ModelConfig
from cadvlm.config.reward import RewardConfig
from cadvlm.config.watch import FIGURES, Bound, GuardsConfig, WatchConfig


class LoraConfig(Config):
    """Low-rank adapters (Hu et al. 2021) on the language model."""

    rank: int = Field(128, gt=0)
    """Rank of the adapter matrices."""

    alpha: float = Field(256.0, gt=0)
    """Adapters are scaled by ``alpha / rank``."""

    dropout: float = Field(0.05, ge=0, lt=1)
    """Dropout on the adapters' input."""

    targets: tuple[str, ...] = (
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    )  # fmt: skip
    """Names of the linear layers that get an adapter. One that matches nothing is an error."""


class OptimizerConfig(Config):
    """AdamW with warm-up and a cosine."""

    lr: float = Field(2e-5, gt=0)
    """Peak learning rate."""

    min_lr_ratio: float = Field(0.0, ge=0, le=1)
    """Where the cosine ends, as a share of ``lr``."""

    warmup_ratio: float = Field(0.03, ge=0, lt=1)
    """Share of the steps over which the rate rises from zero."""

    weight_decay: float = Field(0.0, ge=0)
    """Decoupled decay of matrices; biases and norms are spared."""

    betas: tuple[float, float] = (0.9, 0.95)
    """Decay of the running moments."""

    grad_clip: float = Field(1.0, gt=0)
    """Gradient norm above which gradients are scaled down."""


class CurriculumConfig(Config):
    """From simple to complex: at first only the simplest rows are drawn, in a mixture those of each
    source."""

    by: Literal["n_tokens", "n_faces", "operations"] = "n_tokens"
    """What makes a row simple: few tokens of code, few faces, or few operations."""

    start: float = Field(0.2, gt=0, le=1)
    """Share of the rows that is open at the first step."""

    over: float = Field(0.5, gt=0, le=1)
    """Share of the steps over which it grows, in a line, to all rows."""


class ReplayConfig(Config):
    """Samples of an earlier dataset among the new ones, so that what they taught is not forgotten
    (rehearsal, Robins 1995)."""

    dataset: str
    """A dataset folder of ``jobs.prepare``. The loss on its validation split is logged too."""

    share: float = Field(0.2, gt=0, lt=1)
    """Share of all samples that come from it, taken from all over it."""


class WorkersConfig(Config):
    """The Ray Train workers."""

    count: int = Field(2, gt=0)
    """Number of workers; one device each."""

    gpu: bool | None = None
    """True: one GPU a worker. Null: as the cluster has them."""

    cpus: float = Field(1.0, gt=0)
    """Cores reserved for, and threads used by, a worker."""


class CheckpointConfig(Config):
    """What survives a crash."""

    every_steps: int = Field(500, gt=0)
    """Steps between two checkpoints, and between two looks at the validation split; the last step
    always gets both."""

    keep: int = Field(2, gt=0)
    """How many of the best by validation loss are kept; the newest is kept in any case."""

    export: Literal["last", "best"] = "last"
    """Of which step ``final/`` is: the last, or the one with the lowest validation loss of those
    that are kept."""


class TrainConfig(Config):
    """Samples to a checkpoint."""

    dataset: str
    """A dataset folder of ``jobs.prepare``."""

    out: str
    """The run folder, local or a URI. An unfinished run in it is resumed."""

    model: ModelConfig = ModelConfig()
    """What is trained."""

    stage: Literal["align", "finetune", "adapt", "reward"] = "finetune"
    """``align`` trains the projector alone; ``finetune`` projector and language model; ``adapt``
    the same, from an earlier run that ``model`` names; ``reward`` the same, from what the model's
    own programs earn."""

    method: Literal["full", "lora"] = "full"
    """``full`` trains the weights, ``lora`` adapters beside them; by default as ``lora`` says."""

    lora: LoraConfig | None = None
    """The adapters; null means that weights are trained in full."""

    train_vision: bool = False
    """Whether ``finetune`` and ``adapt`` also train the vision tower. A model built from scratch
    needs it."""

    optimizer: OptimizerConfig = OptimizerConfig()
    """The optimiser and its schedule."""

    epochs: float = Field(1.0, gt=0)
    """Passes over the training split; fractions are fine."""

    source_epochs: dict[str, NonNegativeFloat] | None = None
    """Passes over the rows of each source, in place of ``epochs`` and ``mixture``:
    ``{deepcad: 3, captions: 0.5}``; zero leaves a source out."""

    mixture: dict[str, NonNegativeFloat] | None = None
    """Shares of the samples by source, relative to each other: ``{deepcad: 0.7, openecad: 0.2,
    synthetic: 0.1}``; zero leaves one out. They override the weights with which the dataset was
    prepared, where those differ. Null: those weights; if all are equal, every row once an epoch."""

    reward: RewardConfig | None = None
    """What programs earn, and how that is learnt from; for the stage of this name."""

    replay: ReplayConfig | None = None
    """Earlier samples among those of ``dataset``; null: none."""

    curriculum: CurriculumConfig | None = None
    """From simple to complex; null: all rows from the first step on."""

    grouped_batches: int = Field(32, gt=0)
    """Among so many batches at a time samples of similar length come into one, which saves padding
    and memory; the batches stay shuffled. 1: batches of any lengths."""

    max_tokens: int | None = Field(None, gt=0)
    """Leave out samples whose program is longer, in Python's own tokens (``n_tokens``). Memory
    grows with the square of the longest: one of 5,000 among short ones can take all there is."""

    max_steps: int | None = Field(None, gt=0)
    """Stop early, after so many steps. The schedule is still that of all ``epochs``, so that the
    run goes on as if it had never stopped when this is raised."""

    batch_size: int = Field(128, gt=0)
    """Samples, or answers that were written, for one optimiser step, over all workers."""

    micro_batch_size: PositiveInt | Literal["auto"] | None = None
    """Samples that one worker holds at a time. Null: ``batch_size / workers.count``; ``auto``: as
    many of them as fit, found by trying."""

    precision: Literal["auto", "fp32", "autocast", "bf16", "fp16"] = "auto"
    """``autocast`` computes in bf16 and keeps weights in fp32; ``bf16`` keeps the weights in bf16
    too, half the memory, with an fp32 copy in the optimizer; ``fp16`` is for GPUs without bf16, it
    scales the loss and skips steps that overflow. ``auto``: ``bf16`` on a GPU, ``autocast`` on a
    CPU that computes in it, else ``fp32``."""

    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: less memory, a third more work."""

    zero_stage: Literal[0, 1, 2, 3] = 2
    """How much DeepSpeed partitions: optimizer (1), gradients (2), weights (3). 0, nothing, is 1 in
    half precision."""

    offload: Literal["optimizer", "weights"] | None = None
    """What is kept in the host's memory until it is needed: the optimizer's state and its step, or
    the weights too (``zero_stage`` 3 alone). Slower; a larger model fits."""

    workers: WorkersConfig = WorkersConfig()
    """Who trains."""

    checkpoint: CheckpointConfig = CheckpointConfig()
    """What is kept."""

    validation_samples: int = Field(512, ge=0)
    """How many samples, from all over the validation split, are looked at. Zero: none."""

    cache_gb: float = Field(2.0, ge=0)
    """Memory of a worker for pictures ready for the model; the rest is made anew each epoch."""

    log_every_steps: int = Field(10, gt=0)
    """Steps between two rows of ``metrics.jsonl``."""

    watch: WatchConfig = WatchConfig()
    """What is shown of the run."""

    guards: GuardsConfig = GuardsConfig()
    """What keeps it from harm."""

    targets: dict[str, Bound] = Field({})
    """What it must reach, by figures of ``metrics.jsonl``: ``{val_loss: {at_most: 0.8}}``. Checked
    at the end, printed and reported."""

    max_failures: int = Field(3, ge=0)
    """Lost workers that the run survives by going back to its last checkpoint."""

    seed: int = 0
    """Decides initial weights, sample order and dropout."""

    @property
    def micro_batch(self) -> int:
        """Samples that one worker holds at a time."""
        given = None if self.micro_batch_size == "auto" else self.micro_batch_size
        return given or self.batch_size // self.workers.count

    @property
    def accumulation(self) -> int:
        """Micro-batches that one worker sums before a step."""
        return self.batch_size // (self.micro_batch * self.workers.count)

    @property
    def rows_per_step(self) -> int:
        """Rows of the training split that a step takes: samples, or questions."""
        return self.batch_size if self.reward is None else self.batch_size // self.reward.learnt

    @property
    def updates(self) -> int:
        """Optimiser steps that a step takes on its batch."""
        return self.reward.updates if self.reward else 1

    @model_validator(mode="before")
    @classmethod
    def _the_stage_of_rewards_has_them(cls, tree: Any) -> Any:
        is_stage = isinstance(tree, dict) and tree.get("stage") == "reward"
        return {**tree, "reward": {}} if is_stage and tree.get("reward") is None else tree

    @model_validator(mode="before")
    @classmethod
    def _method_and_lora_say_the_same(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        method, lora = tree.get("method"), tree.get("lora")
        if method == "full" and lora is not None:
            raise ValueError("method (full) and lora (given) contradict each other; set lora=null")
        if tree.get("stage") == "align" and (method == "lora" or lora is not None):
            raise ValueError(
                "stage (align) trains the projector in full; set lora=null, method=full"
            )
        if method == "lora" and lora is None:
            return {**tree, "lora": {}}
        return tree if method else {**tree, "method": "full" if lora is None else "lora"}

    @model_validator(mode="after")
    def _later_stages_have_a_beginning(self) -> Self:
        if self.stage in ("adapt", "reward") and self.model.path is None:
            raise ValueError(
                f"stage ({self.stage}) goes on from an earlier run; name it: model=DIR"
            )
        return self

    @model_validator(mode="after")
    def _rewards_have_their_stage(self) -> Self:
        if self.reward is None:
            return self
        if self.stage != "reward":
            raise ValueError(f"reward is for stage=reward, and the stage is {self.stage}")
        if self.micro_batch_size == "auto":
            raise ValueError("micro_batch_size (auto) tries samples; stage=reward needs a number")
        if self.batch_size % (size := self.reward.learnt * self.workers.count):
            raise ValueError(
                f"batch_size ({self.batch_size}) must be a multiple of the answers learnt from a "
                f"group ({self.reward.learnt}) x workers.count ({self.workers.count}): {size}"
            )
        return self

    @model_validator(mode="after")
    def _what_is_offloaded_is_partitioned(self) -> Self:
        least = {None: 0, "optimizer": 1, "weights": 3}[self.offload]
        if self.zero_stage < least:
            raise ValueError(
                f"offload ({self.offload}) needs a zero_stage of {least} or more, "
                f"and it is {self.zero_stage}"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_mix(self) -> Self:
        if self.source_epochs is not None and self.mixture is not None:
            raise ValueError("source_epochs and mixture both say how often sources are drawn")
        return self

    @model_validator(mode="after")
    def _targets_are_figures(self) -> Self:
        if unknown := self.targets.keys() - set(FIGURES):
            raise ValueError(
                f"targets: {min(unknown)} is no figure of a run; there are {', '.join(FIGURES)}"
            )
        return self

    @model_validator(mode="after")
    def _batches_divide(self) -> Self:
        size = self.micro_batch * self.workers.count
        if size == 0 or self.batch_size % size:
            raise ValueError(
                f"batch_size ({self.batch_size}) must be a multiple of micro_batch_size "
                f"({self.micro_batch}) x workers.count ({self.workers.count})"
            )
        return self
