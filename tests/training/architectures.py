"""Tiny models of every family, from transformers' own classes and from numbers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import transformers
from transformers import PreTrainedTokenizerFast

from cadvlm.models import tokenizer as tokenizers
from cadvlm.models.build import CHAT_TEMPLATE, build
from cadvlm.models.load import Loaded, for_pictures
from cadvlm.records import PROMPT
from tests.models.conftest import TINY
from tests.training.samples import SIZE, code

WIDTH, HEADS, PATCH = 32, 2, 8
SQUARE = {"height": SIZE, "width": SIZE}
TEXTS = [PROMPT, *map(code, range(4, 28))]


def _tokenizer() -> PreTrainedTokenizerFast:
    return tokenizers.train(TEXTS, vocabulary=1400)


def _text(tokenizer: PreTrainedTokenizerFast, **others: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer), "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 1, "num_attention_heads": HEADS, "num_key_value_heads": HEADS,
        "pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id, **others,
    }  # fmt: skip


def _siglip(patch: int) -> dict[str, Any]:
    return {
        "model_type": "siglip_vision_model", "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 1, "num_attention_heads": HEADS, "image_size": SIZE,
        "patch_size": patch, "vision_use_head": False,
    }  # fmt: skip


def llava() -> Loaded:
    return build(TINY, TEXTS, seed=0)


def siglip_llava() -> Loaded:
    """OpenECAD's class: SigLIP, a projector, a small language model."""
    tokenizer = _tokenizer()
    config = transformers.LlavaConfig(
        vision_config=_siglip(2 * PATCH),
        text_config=_text(tokenizer, model_type="llama"),
        image_token_index=tokenizer.image_token_id,
        image_seq_length=4,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
    )
    processor = transformers.LlavaProcessor(
        transformers.SiglipImageProcessor(size=SQUARE),
        tokenizer,
        patch_size=2 * PATCH,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
    )
    return Loaded(transformers.LlavaForConditionalGeneration(config), processor)


def _qwen(name: str, vision: dict[str, Any], text: dict[str, Any]) -> Loaded:
    tokenizer = _tokenizer()
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}
    config = getattr(transformers, f"{name}Config")(
        vision_config={
            "depth": 2, "hidden_size": WIDTH, "num_heads": HEADS, "patch_size": PATCH, **vision,
        },
        text_config=_text(tokenizer, rope_parameters=rope, **text),
        image_token_id=tokenizer.image_token_id,
    )  # fmt: skip
    pictures = transformers.Qwen2VLImageProcessor(
        patch_size=PATCH, size={"shortest_edge": SIZE**2, "longest_edge": SIZE**2}
    )
    processor = for_pictures(getattr(transformers, f"{name}Processor"))
    return Loaded(
        getattr(transformers, f"{name}ForConditionalGeneration")(config),
        processor(pictures, tokenizer, chat_template=CHAT_TEMPLATE),
    )


def qwen2_vl() -> Loaded:
    return _qwen("Qwen2VL", {"embed_dim": WIDTH, "mlp_ratio": 2}, {})


def qwen2_5_vl() -> Loaded:
    vision = {"intermediate_size": WIDTH, "out_hidden_size": WIDTH, "fullatt_block_indexes": [1]}
    return _qwen("Qwen2_5_VL", {**vision, "window_size": 2 * PATCH}, {})


def qwen3_vl() -> Loaded:
    vision = {"intermediate_size": WIDTH, "out_hidden_size": WIDTH, "num_position_embeddings": 16}
    head = {"head_dim": WIDTH // HEADS}
    return _qwen("Qwen3VL", {**vision, "deepstack_visual_indexes": [0]}, head)


def _idefics3(name: str) -> Loaded:
    tokenizer = _tokenizer()
    pictures = transformers.Idefics3ImageProcessor(
        # A picture becomes four tiles and a small one of the whole.
        size={"longest_edge": 2 * SIZE},
        max_image_size={"longest_edge": SIZE},
    )
    # SmolVLM's own processor, for videos, needs torchvision and num2words.
    processor = transformers.Idefics3Processor(
        pictures, tokenizer, image_seq_len=4, chat_template=CHAT_TEMPLATE
    )
    vision = {k: v for k, v in _siglip(PATCH).items() if k not in ("model_type", "vision_use_head")}
    config = getattr(transformers, f"{name}Config")(
        vision_config=vision,
        text_config=_text(tokenizer, model_type="llama"),
        image_token_id=tokenizer.image_token_id,
        scale_factor=2,
        tie_word_embeddings=True,
    )
    return Loaded(getattr(transformers, f"{name}ForConditionalGeneration")(config), processor)


def smolvlm() -> Loaded:
    return _idefics3("Idefics3")


def smolvlm2() -> Loaded:
    return _idefics3("SmolVLM")


def paligemma() -> Loaded:
    tokenizer = _tokenizer()
    pictures = transformers.SiglipImageProcessor(size=SQUARE)
    pictures.image_seq_length = 4
    processor = transformers.PaliGemmaProcessor(pictures, tokenizer)  # adds tokens of its own
    config = transformers.PaliGemmaConfig(
        vision_config=_siglip(2 * PATCH),
        text_config=_text(tokenizer, model_type="gemma", head_dim=WIDTH // HEADS),
        image_token_index=tokenizer.image_token_id,
        projection_dim=WIDTH,
        hidden_size=WIDTH,
        vocab_size=len(tokenizer),
    )
    return Loaded(transformers.PaliGemmaForConditionalGeneration(config), processor)


FAMILIES: dict[str, Callable[[], Loaded]] = {
    family.__name__: family
    for family in (
        llava, siglip_llava, qwen2_vl, qwen2_5_vl, qwen3_vl, smolvlm, smolvlm2, paligemma,
    )
}  # fmt: skip


def made(family: str) -> Loaded:
    """A model with random weights, as :func:`cadvlm.models.load.load` would open it."""
    torch.manual_seed(0)
    model, processor = FAMILIES[family]()
    model.set_attn_implementation("eager")
    model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
    model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    return Loaded(model.eval(), processor)
