from __future__ import annotations

import asyncio

import pytest

from serve.errors import Refused
from serve.turns import Turns, within


def test_one_more_than_there_are_places_is_told_to_come_back() -> None:
    turns = Turns(1)
    with turns.turn(), pytest.raises(Refused) as refusal, turns.turn():
        pass
    assert (refusal.value.status, refusal.value.type) == (429, "overloaded")
    assert int(refusal.value.headers["Retry-After"]) >= 1


def test_a_place_is_free_again_however_its_holder_ends() -> None:
    turns = Turns(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turns.turn():
            raise ZeroDivisionError


def test_who_drains_waits_for_those_inside_and_lets_nobody_in() -> None:
    turns = Turns(2)
    answered: list[str] = []

    async def request(seconds: float) -> None:
        with turns.turn():
            await asyncio.sleep(seconds)
            answered.append("inside")

    async def drained() -> int:
        requests = [asyncio.create_task(request(0.05)) for _ in range(2)]
        await asyncio.sleep(0)
        left = await turns.drain(10)
        with pytest.raises(Refused) as refusal, turns.turn():
            pass
        assert (refusal.value.status, refusal.value.type) == (503, "draining")
        for one in requests:
            await one
        return left

    assert asyncio.run(drained()) == 0
    assert answered == ["inside"] * 2


def test_who_drains_gives_up_in_the_end() -> None:
    turns = Turns(1)

    async def drained() -> int:
        with turns.turn():
            return await turns.drain(0.01)

    assert asyncio.run(drained()) == 1


def test_what_takes_too_long_is_called_off() -> None:
    over: list[str] = []

    async def slow() -> None:
        async with within(0.01):
            try:
                await asyncio.sleep(10)
            finally:
                over.append("called off")

    with pytest.raises(Refused) as refusal:
        asyncio.run(slow())
    assert (refusal.value.status, over) == (504, ["called off"])


def test_what_is_in_time_is_let_be() -> None:
    async def quick() -> int:
        async with within(10):
            return 1

    assert asyncio.run(quick()) == 1
