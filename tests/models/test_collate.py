import torch

from cadvlm.models.collate import Encoded, collate


def _sample(length: int, tiles: int) -> Encoded:
    ids = torch.arange(1, length + 1)
    text = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}
    return Encoded(text, {"pixel_values": torch.ones(1, tiles, 3)})


def test_text_is_padded_with_what_each_sequence_ignores(tiny):
    batch = collate([_sample(2, 1), _sample(4, 1)], tiny.processor, "right")
    pad = tiny.processor.tokenizer.pad_token_id
    assert batch["input_ids"].tolist() == [[1, 2, pad, pad], [1, 2, 3, 4]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert batch["labels"].tolist() == [[1, 2, -100, -100], [1, 2, 3, 4]]


def test_left_padding_ends_every_row_with_text(tiny):
    batch = collate([_sample(2, 1), _sample(3, 1)], tiny.processor, "left")
    assert batch["attention_mask"].tolist() == [[0, 1, 1], [1, 1, 1]]


def test_pictures_of_fewer_tiles_are_filled_with_zeros(tiny):
    batch = collate([_sample(2, 1), _sample(2, 3)], tiny.processor, "right")
    assert batch["pixel_values"].sum(dim=(1, 2)).tolist() == [3, 9]
    assert batch["pixel_values"].shape == (2, 3, 3)


def test_samples_may_be_without_pictures(tiny):
    text = _sample(3, 1)._replace(vision={})
    batch = collate([text, _sample(2, 1), text], tiny.processor, "right")
    assert batch["input_ids"].shape == (3, 3)
    assert batch["pixel_values"].shape == (1, 1, 3)
    assert "pixel_values" not in collate([text, text], tiny.processor, "right")
