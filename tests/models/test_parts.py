import pytest

from cadvlm.models.parts import Part, part_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("model.vision_tower.encoder.layers.0.mlp.fc1.weight", Part.VISION),
        ("model.multi_modal_projector.linear_1.weight", Part.PROJECTOR),
        ("model.language_model.layers.0.self_attn.q_proj.weight", Part.LANGUAGE),
        ("lm_head.weight", Part.LANGUAGE),
        ("model.visual.blocks.3.attn.qkv.weight", Part.VISION),
        ("model.visual.merger.mlp.0.weight", Part.PROJECTOR),
        ("model.connector.modality_projection.proj.weight", Part.PROJECTOR),
        ("model.text_model.layers.0.mlp.up_proj.weight", Part.LANGUAGE),
    ],
)
def test_weights_of_llava_qwen_and_smolvlm_are_told_apart(name, part):
    assert part_of(name) == part
