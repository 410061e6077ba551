import io
import json
import zipfile

import pytest
from PIL import Image

from cadvlm.data.sources.captions import NAMES
from cadvlm.errors import InputError
from cadvlm.records import TEXT
from tests.data.sources.reading import reasons, rows, units


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, 200).save(file, kind)
    return file.getvalue()


def record(id_: str, image: str, *turns: str) -> dict:
    said = turns or ("Describe the image concisely.\n<image>", "a grey rectangle")
    talk = [{"from": who, "value": text} for who, text in zip(("human", "gpt"), said, strict=False)]
    return {"id": id_, "image": image, "conversations": talk}


@pytest.fixture
def folder(tmp_path):
    """LLaVA-Pretrain as it ships, but for its size: three pictures, and all that can go wrong."""
    records = [
        record("000000010", "00000/000000010.jpg"),
        record("000000021", "00000/000000021.jpg", "<image>\nWhat is this?", " a box \n"),
        record("000000032", "00000/000000032.jpg"),
        record("000000043", "00000/000000043.jpg"),
        record("000000054", "../secret.jpg"),
        record("000000065", "00000/000000010.jpg", "<image>\nWhat is this?"),
        record("000000076", "00000/000000010.jpg", "<image>\nWhat is this?", " "),
        {"id": "000000087", "conversations": record("", "")["conversations"]},
    ]
    (tmp_path / NAMES[0]).write_text(json.dumps(records))
    (tmp_path / "blip_laion_cc_sbu_558k_meta.json").write_text("[]")
    (tmp_path / "images" / "00000").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(picture())
    for name, content in [
        ("000000010.jpg", picture(size=(400, 200))),
        ("000000021.jpg", picture("PNG", mode="P")),
        ("000000032.jpg", picture(size=(300, 300))[:500]),
    ]:
        (tmp_path / "images" / "00000" / name).write_bytes(content)
    return tmp_path


def test_a_caption_is_a_text_with_its_picture(folder):
    found = rows("captions", folder, {"pictures": {"size": 64}})
    part = found["000000010"]
    assert (part.program.code, part.program.language) == ("a grey rectangle", TEXT)
    assert part.prompt == "Describe the image concisely."
    [shown] = part.images
    assert (shown.view, shown.style, shown.width, shown.height) == ("photo", "photo", 64, 32)
    with Image.open(io.BytesIO(shown.png)) as opened:
        assert (opened.format, opened.mode, opened.size) == ("PNG", "RGB", (64, 32))


def test_a_small_picture_keeps_its_size(folder):
    part = rows("captions", folder)["000000021"]
    assert (part.images[0].width, part.images[0].height) == (40, 20)
    assert (part.prompt, part.program.code) == ("What is this?", "a box")


def test_every_record_that_cannot_be_used_says_why_and_names_its_picture(folder):
    found = rows("captions", folder)
    assert reasons(found) == {
        "000000032": "broken_picture",
        "000000043": "missing_picture",
        "000000054": "missing_picture",
        "000000065": "no_conversation",
        "000000076": "no_conversation",
        "000000087": "missing_picture",
    }
    assert "00000/000000032.jpg" in found["000000032"].detail
    assert "00000/000000043.jpg" in found["000000043"].detail
    assert "record 4" in found["000000054"].detail


def test_pictures_may_stay_in_the_zip_file_that_they_came_in(folder):
    unpacked = rows("captions", folder)
    with zipfile.ZipFile(folder / "images.zip", "w") as packed:
        for path in (folder / "images").rglob("*.jpg"):
            packed.write(path, path.relative_to(folder / "images"))
    (folder / "images").rename(folder / "elsewhere")
    packed = rows("captions", folder)
    assert reasons(packed) == reasons(unpacked)
    assert packed["000000010"] == unpacked["000000010"]
    assert rows("captions", folder, images=str(folder / "elsewhere")).keys() == unpacked.keys()


def test_pictures_beside_the_file_are_found_and_the_file_may_be_named(tmp_path):
    (tmp_path / "mine.json").write_text(json.dumps([record("a", "a.jpg")]))
    (tmp_path / "a.jpg").write_bytes(picture())
    [part] = rows("captions", tmp_path / "mine.json").values()
    assert part.images[0].width == 40


def test_the_limit_counts_records(folder):
    assert list(rows("captions", folder, limit=3)) == ["000000010", "000000021", "000000032"]
    assert len(units("captions", folder, limit=3)) == 2


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds neither .* nor chat\.json; give the file"):
        units("captions", tmp_path)
    (tmp_path / "chat.json").write_text(json.dumps([record("a", "a.jpg")]))
    with pytest.raises(InputError, match=r"images: .*nowhere: no such folder or zip file"):
        units("captions", tmp_path, images=str(tmp_path / "nowhere"))


def test_captions_become_rows_without_a_shape(folder, build):
    found = list(rows("captions", folder).values())[:2]
    one, other = build(found)
    assert (one.code, one.language, one.n_faces, one.bbox) == ("a grey rectangle", TEXT, None, None)
    assert (one.shape_key, one.shape) == (None, None)
    assert one.images == found[0].images
    assert other.prompt == "What is this?"
