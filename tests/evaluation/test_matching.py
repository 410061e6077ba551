import json

import pytest

from cadvlm.errors import InputError
from cadvlm.evaluation.matching import match, read_images
from cadvlm.records import Prediction
from cadvlm.references.reference import Reference


def matched(predictions, references, images=None):
    """Reference id to prediction id; either side is ids, or ids with the picture asked about."""
    given = [(one, None) if isinstance(one, str) else one for one in predictions]
    known = [(one, None) if isinstance(one, str) else one for one in references]
    found = match(
        {id_: Prediction(id_, "x", image=image) for id_, image in given},
        [Reference(id_, "s", image=image) for id_, image in known],
        images,
    )
    return {part: prediction.id for part, prediction in found.items()}


def test_the_same_id_comes_first():
    assert matched(["a", "x/b"], ["a", "b"]) == {"a": "a", "b": "x/b"}
    assert matched(["b", "x/b"], ["b"]) == {"b": "b"}


@pytest.mark.parametrize(
    ("prediction", "reference"),
    [
        ("bench0/00708740", "00708740"),
        ("00708740.step", "00708740"),
        ("00708740", "easy/00708740.STL"),
        ("deepcad_test/00708740_0.png", "00708740"),
        (("111911", "images/00708740_0.png"), "00708740"),
        ("00708740", ("111911", "00708740_0.png")),
    ],
)
def test_folders_suffixes_and_views_do_not_keep_a_pair_apart(prediction, reference):
    assert len(matched([prediction], [reference])) == 1


@pytest.mark.parametrize(
    ("prediction", "reference"),
    [("square_1", "square_2"), ("square_1", "square"), ("v1.5", "v1"), ("1", "11"), ("a", "A")],
)
def test_what_is_called_differently_stays_apart(prediction, reference):
    assert matched([prediction], [reference]) == {}


def test_questions_say_which_picture_an_answer_is_about():
    assert matched(["7"], ["00000633"], {"7": "00000633_0.png"}) == {"00000633": "7"}


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        (["part.py"], ["x/part", "y/part"], "part.py could mean the part x/part or y/part"),
        (["x/part", "y/part"], ["part"], "predictions x/part and y/part both mean part"),
    ],
)
def test_what_could_mean_two_things_is_refused(predictions, references, message):
    with pytest.raises(InputError, match=message):
        matched(predictions, references)


def test_a_question_without_a_picture_is_named(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"question_id": 1, "image": "a_0.png"}) + '\n{"question_id": 2}\n')
    with pytest.raises(InputError, match="line 2: found the keys"):
        read_images(str(path))
