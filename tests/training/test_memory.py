import numpy as np
import pytest
import torch

from cadvlm.training.memory import forget_peak, peak_gb, resident, room_gb

CPU = torch.device("cpu")


def test_the_peak_is_of_what_came_since_it_was_forgotten():
    np.ones(40_000_000)  # 320 MB, and gone again
    forget_peak(CPU)
    before = peak_gb(CPU)
    assert before == pytest.approx(resident() / 2**30, rel=0.05)
    np.ones(40_000_000)
    assert peak_gb(CPU) - before == pytest.approx(0.3, abs=0.1)


def test_neighbours_share_the_room():
    assert resident() / 2**30 < room_gb(CPU, 4) < room_gb(CPU, 1)
