"""Which vision-language model: one by hub id or folder, or a small LLaVA built from numbers."""

from typing import Any, Self

from pydantic import Field, model_validator

from cadvlm.config.base import Config


class LlavaConfig(Config):
    """A LLaVA (CLIP tower, two-layer projector, Llama) small enough to learn on two cores."""

    image_size: int = Field(96, gt=0)
    """Side of the picture that the tower sees, in pixels."""

    patch_size: int = Field(16, gt=0)
    """Side of one patch in pixels; ``(image_size / patch_size)**2`` picture tokens."""

    width: int = Field(128, gt=0)
    """Hidden width of tower and language model."""

    vision_layers: int = Field(3, gt=0)
    """Transformer layers of the tower."""

    text_layers: int = Field(3, gt=0)
    """Transformer layers of the language model."""

    heads: int = Field(4, gt=0)
    """Attention heads of both."""

    vocabulary: int = Field(2048, ge=1400)
    """Largest size of the tokenizer that is trained on the training code. Bytes and numbers of two
    and three digits take 1,356 of it."""

    @model_validator(mode="after")
    def _sizes_divide(self) -> Self:
        if self.image_size % self.patch_size:
            raise ValueError(
                f"image_size ({self.image_size}) must be a multiple of "
                f"patch_size ({self.patch_size})"
            )
        if self.width % self.heads:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")
        return self


class ModelConfig(Config):
    """Where the weights come from. ``model=ID`` is short for ``model.path=ID``."""

    path: str | None = None
    """Hub id, or folder of a Hugging Face model or of a run. Null: build ``llava`` from scratch."""

    llava: LlavaConfig = LlavaConfig()
    """Sizes of the model that is built when there is no path."""

    @model_validator(mode="before")
    @classmethod
    def _a_bare_string_is_the_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value
