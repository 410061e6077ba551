import pytest

from cadvlm.config.data import PrepareConfig, SourceConfig
from cadvlm.data.sources import synthetic
from cadvlm.errors import InputError
from cadvlm.records import TEXT, Part

CONFIG = PrepareConfig(sources=({"name": "synthetic", "limit": 1},), out="d")


def parts(**options) -> list[Part]:
    source = SourceConfig(name="synthetic", limit=6, **options)
    items = [name for shard in synthetic.shards(source, 4) for name in shard]
    read = list(synthetic.read(source, tuple(items), CONFIG))
    assert all(isinstance(part, Part) for part in read)
    return read


def test_families_take_turns():
    assert [part.id for part in parts(families=("cone", "tube"))][:3] == [
        "cone-00000000", "tube-00000001", "cone-00000002",
    ]  # fmt: skip


def test_a_part_asked_for_in_words_has_no_picture():
    [part, *_] = parts(families=("all",), text="prompt")
    assert part.images == ()
    assert part.prompt is not None
    assert part.prompt.startswith("Write CadQuery code for a")
    assert part.program is not None
    assert part.program.language == "cadquery"


def test_a_caption_is_said_of_its_program():
    [caption, *_] = parts(families=("cone",), text="caption")
    [part, *_] = parts(families=("cone",))
    assert caption.program is not None
    assert part.program is not None
    assert caption.program.language == TEXT
    assert caption.program.code.startswith("a cone of radius")
    assert part.program.code in str(caption.prompt)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"families": ("gears",)}, "no family 'gears'"),
        ({"families": ("tube",), "text": "prompt"}, "none of the families has words"),
    ],
)
def test_what_is_not_there_is_named(options, said):
    with pytest.raises(InputError, match=said):
        parts(**options)
