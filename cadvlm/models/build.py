"""A small LLaVA (Liu et al. 2023) from numbers: CLIP tower, two-layer projector, Llama."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import transformers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers import LlavaConfig as HfLlavaConfig

from cadvlm.config.model import LlavaConfig
from cadvlm.models import tokenizer as tokenizers
from cadvlm.models.load import Loaded

CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for item in message['content'] %}"
    "{{ '<image>' if item['type'] == 'image' else item['text'] }}"
    "{% endfor %}{% endif %}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
"""One token for whose turn it is, and no text around it: a small model has none to spare."""


def build(config: LlavaConfig, texts: Iterable[str], seed: int) -> Loaded:
    """A model with random weights and a tokenizer fitted to ``texts`` (code and prompts)."""
    transformers.utils.logging.disable_progress_bar()  # there is one file to write
    torch.manual_seed(seed)
    tokenizer = tokenizers.train(texts, config.vocabulary)
    model = LlavaForConditionalGeneration(_hf_config(config, tokenizer))
    _let_pictures_through(model, config.width)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Loaded(model, _processor(config, tokenizer))


def _let_pictures_through(model: LlavaForConditionalGeneration, width: int) -> None:
    """Draw the weights on which it depends how fast a small model learns to look.

    transformers draws everything from a normal distribution of deviation 0.02, made for widths of
    thousands. At a width of 128 that leaves patches without a position and the projector's output
    near zero: the demo's model then learned to write, and hardly to see (IoU 0.25 after 62,000
    parts; with these scales its loss was lower after 14,000).
    """
    scale = width**-0.5
    for name, weight in model.named_parameters():
        if name.endswith("position_embedding.weight"):
            torch.nn.init.normal_(weight, std=1.0)  # as large as the patches themselves
        elif weight.ndim == 2 and ("language_model.layers" in name or "projector" in name):
            torch.nn.init.normal_(weight, std=scale)


def _hf_config(config: LlavaConfig, tokenizer: PreTrainedTokenizerFast) -> HfLlavaConfig:
    vision = CLIPVisionConfig(
        hidden_size=config.width,
        intermediate_size=4 * config.width,
        num_hidden_layers=config.vision_layers,
        num_attention_heads=config.heads,
        image_size=config.image_size,
        patch_size=config.patch_size,
        projection_dim=config.width,
        hidden_act="gelu",
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=config.width,
        intermediate_size=2 * config.width,
        num_hidden_layers=config.text_layers,
        num_attention_heads=config.heads,
        max_position_embeddings=4096,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
    )
    return HfLlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(tokenizers.SPECIAL["image_token"]),
        image_seq_length=(config.image_size // config.patch_size) ** 2,
        # LLaVA skips the tower's last layer because CLIP was trained for another task; a tower
        # that is trained here has no such layer.
        vision_feature_layer=-1,
        tie_word_embeddings=True,
    )


def _processor(config: LlavaConfig, tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    side = {"height": config.image_size, "width": config.image_size}
    return LlavaProcessor(
        CLIPImageProcessor(
            size=side,
            crop_size=side,
            do_center_crop=False,
            # White paper, which says nothing, is zero.
            image_mean=[1.0, 1.0, 1.0],
            image_std=[0.25, 0.25, 0.25],
        ),
        tokenizer,
        patch_size=config.patch_size,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )
