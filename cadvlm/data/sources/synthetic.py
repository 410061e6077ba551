"""Synthetic parts: parametric families, made on the spot."""

from __future__ import annotations

from collections.abc import Iterator

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.errors import InputError
from cadvlm.records import TEXT, CadProgram, Part, Refusal
from cadvlm.sequences import synthetic
from cadvlm.sequences.synthetic import words

LICENCE = "Apache-2.0"


def shards(source: SourceConfig, rows: int) -> Iterator[tuple[str, ...]]:
    """Ranges of part numbers, written ``start:stop``.

    Raises:
        InputError: a family is not known, or has no words where they are asked for.
    """
    assert source.limit is not None
    _families(source)
    for start in range(0, source.limit, rows):
        yield (f"{start}:{min(start + rows, source.limit)}",)


def read(
    source: SourceConfig, items: tuple[str, ...], config: PrepareConfig
) -> Iterator[Part | Refusal]:
    """The parts of the ranges; an id is the family and the number."""
    families = _families(source)
    for item in items:
        start, stop = map(int, item.split(":"))
        for number in range(start, stop):
            family, program = synthetic.part(config.seed, number, families)
            yield _part(f"{family}-{number:08}", family, program, source)


def _part(part_id: str, family: str, program: CadProgram, source: SourceConfig) -> Part:
    match source.text:
        case "prompt":
            asked = words.prompt(family, program)
            return Part(part_id, source.name, program, ours=True, prompt=asked, images=())
        case "caption":
            told = CadProgram(words.words(family, program), TEXT)
            asked = words.question(program)
            return Part(part_id, source.name, told, prompt=asked, images=())
    return Part(part_id, source.name, program, ours=True)


def _families(source: SourceConfig) -> list[str]:
    try:
        families = synthetic.chosen(source.families or ("default",))
    except KeyError as error:
        known = ", ".join([*synthetic.GROUPS, *synthetic.ALL, *synthetic.MACHINES])
        raise InputError(
            f"synthetic: there is no family {error}; families are some of {known}"
        ) from None
    if source.text is not None:
        families = [family for family in families if family in words.TOLD]
    if not families:
        raise InputError(f"synthetic: none of the families has words for text: {source.text}")
    return families
