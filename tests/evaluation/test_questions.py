import io

import numpy as np
from PIL import Image

from cadvlm.dataset import Dataset
from cadvlm.evaluation.questions import questions
from tests.training import samples


def ask(tmp_path, *, limit=None, control=True):
    dataset = Dataset(samples.write(tmp_path / "data", test=5))
    return list(questions(dataset, "test", limit=limit, control=control, batch=2))


def test_a_blank_picture_is_asked_once_for_all_parts_that_look_alike(tmp_path):
    blank, *parts = ask(tmp_path)
    assert blank.blank is None
    assert [part.id for part in parts] == [f"square-{number}" for number in range(5)]
    assert {part.blank for part in parts} == {blank.id}
    assert {part.prompt for part in parts} == {blank.prompt}


def test_the_blank_picture_is_white_and_of_the_same_size(tmp_path):
    blank, part, *_ = ask(tmp_path)
    white, seen = (Image.open(io.BytesIO(one.pictures[0])) for one in (blank, part))
    assert white.size == seen.size == (samples.SIZE, samples.SIZE)
    assert np.asarray(white).min() == 255 > np.asarray(seen).min()


def test_without_a_control_only_parts_are_asked(tmp_path):
    assert len(ask(tmp_path, control=False)) == 5


def test_the_limit_counts_parts(tmp_path):
    assert [one.id for one in ask(tmp_path, limit=2)[1:]] == ["square-0", "square-1"]


def test_a_part_in_words_is_asked_without_a_picture_and_a_caption_is_not(tmp_path):
    words = {"prompt": "A square of 5.", "images": []}
    shape = {"code": None, "language": None, "shape": b"ISO", "shape_kind": "step"}
    changes = {0: {"language": "text"}, 1: words, 2: shape}
    dataset = Dataset(samples.write(tmp_path / "data", changes=changes, train=3))
    told, blank, seen = questions(dataset, "train", limit=2, control=True, batch=2)
    assert (told.id, told.prompt, told.pictures, told.blank) == (
        "square-1", "A square of 5.", (), None
    )  # fmt: skip
    assert (seen.id, seen.blank, len(seen.pictures)) == ("square-2", blank.id, 1)
    assert [one.is_blank for one in (told, blank, seen)] == [False, True, False]
