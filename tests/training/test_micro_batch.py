import pytest

from cadvlm.training.micro_batch import Need, largest


@pytest.mark.parametrize(
    ("need", "share", "found"),
    [
        (Need(2.0, 3.0, 10.0), 64, 8),  # one and eight more fit, and nine do not divide 64
        (Need(2.0, 3.0, 10.0), 6, 6),
        (Need(2.0, 3.0, 1.0), 64, 1),  # not even one: the run will say what to change
        (Need(2.0, 2.0, 10.0), 64, 64),  # too little to be measured
    ],
)
def test_the_largest_divisor_that_fits_is_taken(need, share, found):
    assert largest(need, share) == found
