import json

import pytest

from cadvlm.config.data import SourceConfig
from cadvlm.data.sources import scripts
from cadvlm.errors import ConfigError, InputError
from cadvlm.records import Sample
from tests.data.sources.reading import rows, units

RECODE = (
    "import cadquery as cq\n"
    "w0=cq.Workplane('XY',origin=(0,0,4))\n"
    "r=w0.sketch().push([(-9.5,2)]).rect(81,42).finalize().extrude(-8)\n"
)
TOLD = (
    "import cadquery as cq\n"
    "# --- Part 1 ---\n"
    'part_1 = cq.Workplane("XY").circle(0.25).circle(0.1).extrude(0.5)\n'
    "# --- Assembly ---\n"
    "assembly = part_1\n"
    "# --- Export to STL ---\n"
    'cq.exporters.export(assembly, "./stlcq/0047/00478960.stl")'
)


def folder_of(tmp_path, **files: str | bytes) -> str:
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(tmp_path)


def test_scripts_are_read_at_any_depth_and_named_for_their_place(tmp_path):
    path = folder_of(tmp_path, train__batch0__0_py=RECODE, train__batch1__0_py=RECODE, x_md="no")
    found = rows("scripts", path)
    assert list(found) == ["train/batch0/0", "train/batch1/0"]
    first = found["train/batch0/0"]
    assert (first.program.code, first.program.language) == (RECODE, "cadquery")
    assert first.program.operations == ("rect", "extrude")
    assert (first.ours, first.images, first.prompt) == (False, None, None)


def test_a_text_beside_a_script_makes_it_text_to_code(tmp_path):
    path = folder_of(tmp_path, a_py=RECODE, a_txt="A plate.\n", b_py=RECODE)
    a, b = rows("scripts", path).values()
    assert (a.prompt, a.images) == ("A plate.", ())
    assert (b.prompt, b.images) == (None, None)
    a, _ = rows("scripts", path, pictures="drawn").values()
    assert (a.prompt, a.images) == ("A plate.", None)


def test_what_is_no_script_is_refused_by_name(tmp_path):
    path = folder_of(tmp_path, a_py=b"\xff\xfe\x00", b_py="\n \n", c_py="x = ")
    a, b, c = rows("scripts", path).values()
    assert (a.reason, b.reason) == ("not_text", "no_code")
    assert "a.py" in a.detail
    assert c.program.code == "x =\n", "what it is worth shows when it is executed"


def test_the_limit_counts_scripts_and_shards_are_cut(tmp_path):
    path = folder_of(tmp_path, **{f"{number}_py": RECODE for number in range(5)})
    assert units("scripts", path, limit=3) == [("0.py", "1.py"), ("2.py",)]


def test_text_to_cadquerys_records_lose_the_export_to_their_authors_disk(tmp_path):
    table = tmp_path / "data_train.jsonl"
    table.write_text(json.dumps({"input": "A short tube.", "output": f"```python\n{TOLD}\n```"}))
    [part] = rows("scripts", table).values()
    assert (part.id, part.prompt, part.images) == ("data_train-00000000", "A short tube.", ())
    assert part.program.code.endswith("assembly = part_1\n")
    assert "xport" not in part.program.code
    assert part.program.operations == ("circle", "extrude")


@pytest.mark.parametrize(
    ("record", "part_id", "prompt"),
    [
        ({"uid": "0047/1", "prompt": "A box.", "code": "x = 1"}, "0047/1", "A box."),
        ({"deepcad_id": "00000007", "cadquery": "x = 1"}, "00000007", None),
        ({"id": 7, "instruction": "Go", "completion": "x = 1"}, "7", "Go"),
        (
            {
                "messages": [
                    {"role": "system", "content": "Be good."},
                    {"role": "user", "content": "A box."},
                    {"role": "assistant", "content": "```python\nx = 1\n```"},
                ]
            },
            "t-00000000",
            "A box.",
        ),
    ],
)
def test_tables_are_read_by_their_usual_keys(tmp_path, record, part_id, prompt):
    (tmp_path / "t.json").write_text(json.dumps([record]))
    [part] = rows("scripts", tmp_path / "t.json").values()
    assert (part.id, part.prompt, part.program.code) == (part_id, prompt, "x = 1\n")


def test_a_record_without_a_program_is_refused_with_what_it_has(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"uid": "7", "text": "A box."}\n{"uid": \n')
    missing, broken = rows("scripts", tmp_path / "t.jsonl").values()
    assert (missing.id, missing.reason) == ("7", "no_code")
    assert "'text'" in missing.detail
    assert (broken.id, broken.reason) == ("t-00000001", "corrupt_json")
    assert "t.jsonl, record 1" in broken.detail


@pytest.mark.parametrize(
    "line",
    [
        "part.val().exportStl(path)",
        "x = part.export('a.stl')",
        "if True:\n    part.export('a.stl')",
        "cq.exporters.export(cq.Workplane().box(1, 1, 1), 'a.stl')",
        "y = 1; part.export('a.stl')",
        "part.export('a.stl'); y = 1",
    ],
)
def test_only_statements_that_write_and_do_nothing_else_are_dropped(line):
    assert scripts.without_exports(f"part = f()\n{line}\n") == f"part = f()\n{line}\n"


def test_exports_are_dropped_wherever_they_stand():
    code = "part = f()\n# Exported:\npart.export(\n    'a.stl',\n)  # done\ng(part)\n"
    assert scripts.without_exports(code) == "part = f()\ng(part)\n"
    assert scripts.without_exports("1 +") == "1 +"


def test_missing_places_are_named(tmp_path):
    for path, message in [
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path / "nowhere.jsonl", "no such file"),
        (tmp_path, r"holds no \.py file"),
    ]:
        with pytest.raises(InputError, match=message):
            rows("scripts", path)


def test_pictures_do_not_ship_with_scripts():
    with pytest.raises(ConfigError, match="comes without pictures"):
        SourceConfig.parse({"name": "scripts", "path": "x", "pictures": "shipped"})


def test_foreign_programs_become_samples_or_say_why_not(tmp_path, build):
    hostile = "import cadquery as cq\nopen('/etc/passwd').read()\nr = cq.Workplane().box(1, 1, 1)\n"
    path = folder_of(tmp_path, a_py=RECODE, a_txt="A plate.", b_py=RECODE, c_py=hostile, d_py="1+")
    told, seen, hostile, broken = build(rows("scripts", path).values())
    assert isinstance(told, Sample)
    assert (told.images, told.prompt) == ((), "A plate.")
    assert len(seen.images) == 1
    assert told.volume == seen.volume == pytest.approx(81 * 42 * 8)
    assert (hostile.reason, broken.reason) == ("forbidden", "syntax")
