import os
import time

import numpy as np
import pytest
import ray

from cadvlm.errors import InputError, RunFailed
from cadvlm.evaluation.pool import actors, chunks, spread

pytestmark = pytest.mark.ray


class Doubler:
    """Doubles numbers. Seven kills it, eight is refused, nine takes more memory than there is."""

    def __init__(self, starts: bool = True) -> None:
        if not starts:
            raise RuntimeError("no room")

    def ready(self) -> None:
        pass

    def double(self, numbers: list[int]) -> list[int]:
        if 7 in numbers:
            os._exit(1)
        if 8 in numbers:
            raise InputError("eight is refused")
        if 9 in numbers:
            np.ones(2**50)
        return [2 * number for number in numbers]


def test_every_batch_is_answered_once_though_most_actors_find_no_room(ray_session):
    batches = [[number, number + 100] for number in range(20, 50)]
    with actors(Doubler, 9, cpus=1.0) as pool:
        answers = list(spread(pool, "double", batches))
    assert sorted(answers) == [([a, b], [2 * a, 2 * b]) for a, b in batches]


def test_what_kills_its_actors_is_singled_out_and_the_rest_is_answered(ray_session):
    with actors(Doubler, 2, cpus=1.0) as pool:
        answers = list(spread(pool, "double", [[1, 2], [6, 7], [3, 4]]))
    assert sorted((batch, answer is None) for batch, answer in answers) == [
        ([1, 2], False),
        ([3, 4], False),
        ([6], False),
        ([7], True),
    ]


def test_what_takes_all_memory_is_singled_out_and_the_rest_is_answered(ray_session):
    with actors(Doubler, 1, cpus=1.0) as pool:
        answers = list(spread(pool, "double", [[1, 9, 2]]))
    assert sorted(answers) == [([1], [2]), ([2], [4]), ([9], None)]


class Uneven:
    """Says who worked. The first of them to start takes fifty times as long as the others."""

    def __init__(self, folder: str) -> None:
        try:
            os.mkdir(f"{folder}/taken")
        except FileExistsError:
            self._name, self._s = "quick", 0.01
        else:
            self._name, self._s = "slow", 0.5

    def ready(self) -> None:
        pass

    def work(self, numbers: list[int]) -> list[str]:
        time.sleep(self._s)
        return [self._name for _ in numbers]


def test_a_slow_actor_is_given_less_and_holds_nobody_up(ray_session, tmp_path):
    with actors(Uneven, 2, str(tmp_path), cpus=1.0) as pool:
        first = [pool[0].work.remote([0]), pool[1].work.remote([0])]
        ray.get(first)  # both are there
        answers = spread(pool, "work", [[number] for number in range(40)])
        who = [name for _, [name] in answers]
    assert len(who) == 40
    assert 1 <= who.count("slow") <= 8  # half of them would be 20


def test_input_is_taken_only_as_fast_as_it_is_worked_on(ray_session):
    taken = []

    def batches():
        for number in range(20, 40):
            taken.append(number)
            yield [number]

    with actors(Doubler, 2, cpus=1.0) as pool:
        for done, _ in enumerate(spread(pool, "double", batches())):
            assert len(taken) <= done + 2 + 1


def test_an_error_of_ours_arrives_as_it_is(ray_session):
    with (
        actors(Doubler, 1, cpus=1.0) as pool,
        pytest.raises(InputError, match=r"^eight is refused$"),
    ):
        list(spread(pool, "double", [[8]]))


def test_actors_that_never_start_fail_the_run(ray_session):
    with actors(Doubler, 2, False, cpus=1.0) as pool, pytest.raises(RunFailed, match="started"):
        list(spread(pool, "double", [[1]]))


def test_chunks_hold_every_item_in_order():
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
