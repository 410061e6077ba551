import numpy as np
import pytest

from cadvlm.data.duplicates import FACETED, TOLERANCE, Shapes, among, firsts, repeated
from cadvlm.data.shape_key import MEASURES


def keys(*rows) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, MEASURES)


def apart(tolerances: float, measure: int = 0) -> np.ndarray:
    """A key that differs from zero in one measure by so many tolerances."""
    key = np.zeros(MEASURES)
    key[measure] = tolerances * TOLERANCE[measure]
    return key


def test_no_boundary_parts_what_is_equal():
    """Wherever two shapes lie: here 2,000 pairs, spread over boundaries of cells and between."""
    rng = np.random.default_rng(0)
    base = rng.integers(-40, 40, (2000, MEASURES)) * TOLERANCE * 8
    near = base + rng.uniform(-0.9, 0.9, base.shape) * TOLERANCE
    for one, other in zip(base, near, strict=True):
        assert firsts(keys(one, other)).tolist() == [0, 0]


@pytest.mark.parametrize("measure", range(MEASURES))
def test_a_difference_in_any_measure_counts(measure):
    assert firsts(keys(apart(0), apart(0.9, measure))).tolist() == [0, 0]
    assert firsts(keys(apart(0), apart(1.1, measure))).tolist() == [0, 1]


def test_a_row_of_shapes_that_differ_by_little_is_not_one_shape():
    assert firsts(keys(*(apart(0.8 * step) for step in range(6)))).tolist() == [0, 0, 2, 2, 4, 4]


def test_rows_without_a_shape_are_like_nothing():
    nothing = np.full(MEASURES, np.nan)
    assert firsts(keys(nothing, apart(0), nothing, apart(0))).tolist() == [0, 1, 2, 1]


def test_only_the_same_question_about_the_same_shape_is_a_repetition():
    first = np.array([0, 0, 0, 3, 0])
    questions = np.array([7, 8, 7, 7, 8])
    assert repeated(first, questions).tolist() == [0, 1, 0, 3, 1]


def test_references_of_triangles_are_met_from_farther():
    rows = keys(apart(0.5), apart(0.5 * FACETED), apart(2 * FACETED))
    references = keys(apart(0))
    assert among(rows, references, np.array([False])).tolist() == [0, -1, -1]
    assert among(rows, references, np.array([True])).tolist() == [0, 0, -1]
    assert among(rows, keys(), np.zeros(0, bool)).tolist() == [-1, -1, -1]


def test_the_first_of_several_is_found():
    known = keys(apart(0), apart(1.6), apart(-1.6))
    shapes = Shapes(known)
    for row in (2, 1, 0):
        shapes.add(row)
    assert shapes.find(known[0] + keys(apart(0.8))[0]) == 0
    assert shapes.find(keys(apart(9))[0]) is None
