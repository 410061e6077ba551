import pytest

from cadvlm.errors import InputError
from cadvlm.references.files import named_files


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return str(folder)


def test_a_part_is_called_as_its_file_wherever_that_lies(tmp_path):
    folder = touch(tmp_path, "b.step", "easy/step/a.STEP", "hard/c.stl", "notes.txt")
    assert named_files(folder, (".step", ".stl")) == {
        "a": "easy/step/a.STEP",
        "b": "b.step",
        "c": "hard/c.stl",
    }


def test_in_cadprompt_a_part_is_called_as_its_folder(tmp_path):
    folder = touch(tmp_path, "00000007/Ground_Truth.stl", "00000633/Ground_Truth.stl")
    assert list(named_files(folder, (".stl",))) == ["00000007", "00000633"]


def test_of_several_files_the_first_kind_counts(tmp_path):
    folder = touch(tmp_path, "noisy_stl/a.stl", "step/a.step", "stl/a.stl")
    assert named_files(folder, (".step", ".stl")) == {"a": "step/a.step"}


def test_two_files_of_one_kind_are_refused(tmp_path):
    folder = touch(tmp_path, "noisy_stl/a.stl", "stl/a.stl")
    with pytest.raises(InputError, match=r"both noisy_stl/a.stl and stl/a.stl are the part a"):
        named_files(folder, (".step", ".stl"))


def test_a_folder_of_other_things_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a folder without \.step or \.stl files"):
        named_files(touch(tmp_path, "a.txt"), (".step", ".stl"))
