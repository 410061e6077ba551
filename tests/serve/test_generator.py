from __future__ import annotations

import asyncio
from pathlib import Path

from PIL import Image

from cadvlm.errors import InputError
from cadvlm.models.sampling import Sampling
from cadvlm.records import PROMPT
from serve.config import ServeConfig
from serve.generator import Ask, ProgramGenerator, Written
from tests.parts import BOX

WHITE = (Image.new("RGB", (32, 32), "white"),)
LONG = 64


def _ask(*how: Sampling, prompt: str = PROMPT, streamed: bool = False) -> Ask:
    return Ask(prompt, WHITE, dict(enumerate(how)), streamed=streamed)


async def _opened(config: ServeConfig) -> ProgramGenerator:
    generator = ProgramGenerator(config)
    await generator.reconfigure({"checkpoint": config.checkpoint})
    return generator


def _answers(box: Path, *asks: Ask) -> list[list[Written] | BaseException]:
    """What each asker hears, all of them at once."""
    config = ServeConfig(checkpoint=str(box), max_new_tokens=LONG, batch_size=4)

    async def hear(generator: ProgramGenerator, ask: Ask) -> list[Written]:
        return [written async for written in generator.write(ask)]

    async def all() -> list[list[Written] | BaseException]:
        generator = await _opened(config)
        heard = [hear(generator, ask) for ask in asks]
        return await asyncio.gather(*heard, return_exceptions=True)

    return asyncio.run(all())


def _texts(heard: list[Written] | BaseException) -> dict[int, str]:
    assert isinstance(heard, list)
    return {written.number: written.text for written in heard if written.finished}


def test_programs_of_many_askers_come_back_to_their_own(box: Path) -> None:
    asks = [_ask(Sampling(LONG)), _ask(Sampling(2), Sampling(LONG)), _ask(Sampling(LONG))] * 2
    for ask, heard in zip(asks, _answers(box, *asks), strict=True):
        texts = _texts(heard)
        assert texts.keys() == ask.how.keys()
        for index, how in ask.how.items():
            assert (texts[index] == BOX.program.code) is (how.max_new_tokens == LONG)


def test_a_short_program_does_not_wait_for_a_long_one(box: Path) -> None:
    [heard] = _answers(box, _ask(Sampling(LONG), Sampling(1)))
    assert isinstance(heard, list)
    assert [written.number for written in heard] == [1, 0]


def test_a_seed_repeats_a_sample_in_any_company(box: Path) -> None:
    sampled = Sampling(16, temperature=2.0, seed=5)
    others = [Sampling(LONG), Sampling(16, 2.0, seed=6), Sampling(16, 2.0, seed=7)]
    [alone] = _answers(box, _ask(sampled))
    [together] = _answers(box, _ask(*others, sampled))
    assert _texts(alone)[0] == _texts(together)[3]
    assert len(set(_texts(together).values())) == 4


def test_pieces_join_to_the_whole(box: Path) -> None:
    [heard] = _answers(box, _ask(Sampling(LONG), streamed=True))
    assert isinstance(heard, list)
    pieces = [written.text for written in heard if not written.finished]
    assert len(pieces) > 5
    assert "".join(pieces) == heard[-1].text == BOX.program.code
    assert [written.num_written for written in heard[:3]] == [1, 2, 3]


def test_a_prompt_that_cannot_be_read_harms_nobody_else(box: Path) -> None:
    good = _ask(Sampling(LONG))
    bad = _ask(Sampling(LONG), prompt="what is an <image>?")
    first, refusal, last = _answers(box, good, bad, good)
    assert _texts(first) == _texts(last) == {0: BOX.program.code}
    assert isinstance(refusal, InputError)


def test_the_writing_stops_when_nobody_listens(box: Path) -> None:
    config = ServeConfig(checkpoint=str(box), max_new_tokens=4096, batch_size=1)

    async def leave_early() -> list[Written]:
        generator = await _opened(config)
        # At such a temperature no end comes by chance; 4096 tokens would take a minute.
        long = generator.write(_ask(Sampling(4096, temperature=50.0), streamed=True))
        await anext(long)
        await long.aclose()
        return [written async for written in generator.write(_ask(Sampling(1)))]

    async def in_time() -> list[Written]:
        return await asyncio.wait_for(leave_early(), 20)

    assert len(asyncio.run(in_time())) == 1
