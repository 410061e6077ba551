"""Who has the weights of one of these families can trust that it trains, answers and is saved."""

import copy

import pyarrow as pa
import pytest
import torch
from transformers import BatchFeature, PreTrainedModel

from cadvlm.config.evaluate import GenerationConfig
from cadvlm.config.train import TrainConfig
from cadvlm.dataset import SAMPLE_SCHEMA
from cadvlm.models.checkpoint import export
from cadvlm.models.generate import Generator
from cadvlm.models.load import Loaded, load
from cadvlm.models.parts import Part, part_of
from cadvlm.models.prompt import encode
from cadvlm.records import PROMPT
from cadvlm.training.feed import COLUMNS, Feed
from cadvlm.training.loss import answer_loss, answer_tokens
from cadvlm.training.trainable import decay_groups, prepare
from tests.training.architectures import FAMILIES, made
from tests.training.samples import code, picture, sample

CPU = torch.device("cpu")
SIDES = (5, 12)
LANGUAGE, PROJECTOR = Part.LANGUAGE, Part.PROJECTOR


@pytest.fixture(scope="module", params=FAMILIES)
def family(request) -> Loaded:
    return made(request.param)


@pytest.fixture(scope="module")
def batch(family) -> BatchFeature:
    pictures = [[picture(side)] for side in SIDES]
    return encode(family.processor, [PROMPT, "Draw."], pictures, list(map(code, SIDES)))


def _logits(model: PreTrainedModel, inputs: BatchFeature, keep: int = 0) -> torch.Tensor:
    given = {name: value for name, value in inputs.items() if name != "labels"}
    return model(**given, use_cache=False, logits_to_keep=keep).logits


def _loss(model: PreTrainedModel, batch: BatchFeature) -> torch.Tensor:
    total = answer_loss(lambda inputs, keep: _logits(model, inputs, keep), batch, CPU)
    return total / answer_tokens(batch)


def _prepared(untouched: PreTrainedModel, **settings):
    config = TrainConfig.parse({"dataset": "d", "out": "o", **settings})
    return prepare(copy.deepcopy(untouched), config).eval()


def _step(model: PreTrainedModel, batch: BatchFeature) -> set[Part]:
    """The parts that one step changes; the loss is lower after it."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer = torch.optim.AdamW(decay_groups(model, 0.0), lr=1e-3)
    loss = _loss(model, batch)
    loss.backward()
    optimizer.step()
    assert _loss(model, batch) < loss
    changed = (name for name, weight in model.named_parameters() if weight.ne(before[name]).any())
    return {part_of(name) for name in changed}


def test_loss_is_that_of_the_answers_tokens_alone(family, batch):
    tokenizer = family.processor.tokenizer
    for labels, side in zip(batch["labels"], SIDES, strict=True):
        learnt = labels[labels != -100]
        assert tokenizer.decode(learnt[:-1]) == code(side)
        assert learnt[-1] == tokenizer.eos_token_id
    with torch.no_grad():
        own = family.model(**batch, use_cache=False).loss
        assert float(_loss(family.model, batch)) == pytest.approx(float(own), rel=1e-5)


def test_no_token_of_an_answer_is_seen_before_it_is_written(family, batch):
    other = BatchFeature({**batch, "input_ids": batch["input_ids"].clone()})
    answer = (batch["labels"][0] != -100).nonzero().flatten()
    other["input_ids"][0, answer[2:]] = family.processor.tokenizer.eos_token_id
    with torch.no_grad():
        first, second = (_logits(family.model, inputs)[0] for inputs in (batch, other))
    torch.testing.assert_close(first[: answer[2]], second[: answer[2]])
    assert not torch.allclose(first[answer[2]], second[answer[2]])


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        ({"stage": "align"}, {PROJECTOR}),
        ({"stage": "finetune"}, {PROJECTOR, LANGUAGE}),
        ({"stage": "finetune", "train_vision": True}, set(Part)),
        ({"stage": "finetune", "lora": {"rank": 4}}, {PROJECTOR, LANGUAGE}),
        ({"stage": "adapt", "model": "earlier", "lora": {"rank": 2}}, {PROJECTOR, LANGUAGE}),
    ],
    ids=["align", "full", "tower", "lora", "adapt"],
)
def test_stage_trains_its_parts_and_nothing_else(family, batch, settings, parts):
    assert _step(_prepared(family.model, **settings), batch) == parts


def test_merged_adapter_is_read_again_and_writes_the_same(family, batch, tmp_path):
    model = _prepared(family.model, lora={"rank": 4})
    _step(model, batch)
    asked = encode(family.processor, [PROMPT], [[picture(9)]])
    with torch.no_grad():
        expected = _loss(model, batch)
        tokens = model.generate(**asked, max_new_tokens=6, do_sample=False)
    written = family.processor.batch_decode(
        tokens[:, asked["input_ids"].shape[1] :], skip_special_tokens=True
    )

    export(model, family.processor, str(tmp_path))
    assert (tmp_path / "adapter" / "adapter_config.json").exists()
    again = load(str(tmp_path))
    assert type(again.processor).__name__ == type(family.processor).__name__
    with torch.no_grad():
        assert float(_loss(again.model, batch)) == pytest.approx(float(expected), abs=1e-5)
    generator = Generator(str(tmp_path), GenerationConfig(max_new_tokens=6, gpu=False))
    assert generator.answer([PROMPT], [[picture(9)]]) == written


def test_batch_of_text_alone_uses_all_weights_and_learns_from_its_text(family):
    text = {"images": [], "prompt": "A box."}
    made_rows = [sample(row, "train").to_row() for row in range(3)]
    rows = pa.Table.from_pylist(
        [{**made_rows[0], **text}, {**made_rows[1], **text}, made_rows[2]], schema=SAMPLE_SCHEMA
    )
    feed = Feed(rows.select(COLUMNS), family.processor, torch.float32, 1.0)
    used = []
    for places in ([0, 1], [0, 2], [2]):
        model = _prepared(family.model, train_vision=True)
        _loss(model, feed.batch(places)).backward()
        gradients = {n: w.grad for n, w in model.named_parameters() if w.grad is not None}
        used.append(set(gradients))
        seeing = [g for n, g in gradients.items() if part_of(n) != LANGUAGE]
        assert any(gradient.any() for gradient in seeing) == (2 in places)
    assert used[0] == used[1] == used[2]
    plain = encode(family.processor, ["A box."] * 2, [[], []], [code(4), code(5)])
    assert "pixel_values" not in plain
    with torch.no_grad():
        losses = [float(_loss(family.model, inputs)) for inputs in (feed.batch([0, 1]), plain)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
