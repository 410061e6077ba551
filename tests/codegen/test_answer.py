import pytest

from cadvlm.codegen.answer import program_text, with_plan

CODE = "import cadquery as cq\n\nresult = cq.Workplane().box(1, 2, 3)\n"


def test_code_alone_comes_back_as_it_is():
    assert program_text(CODE) == CODE


def test_blank_lines_around_code_are_dropped():
    assert program_text(f"\n\n{CODE}\n  \n") == CODE


@pytest.mark.parametrize("language", ["python", "py", "", "Python title=part.py"])
def test_fence_is_stripped(language):
    assert program_text(f"Here it is:\n```{language}\n{CODE}```\nIt is a box.") == CODE


def test_unclosed_fence_ends_with_the_answer():
    assert program_text(f"Sure!\n```python\n{CODE}") == CODE


def test_longest_of_several_blocks_counts():
    assert program_text(f"```sh\npip install x\n```\nthen\n```python\n{CODE}```") == CODE


def test_words_before_the_first_import_are_cut_off():
    assert program_text(f"This is the code for the part.\n{CODE}") == CODE


def test_python_before_the_first_import_stays():
    commented = f'# a box\n"""A part."""\n{CODE}'
    assert program_text(commented) == commented


@pytest.mark.parametrize("deep", ["(" * 50_000, "-" * 500_000 + "1"], ids=["brackets", "signs"])
def test_words_too_deep_to_be_parsed_are_cut_off_too(deep):
    assert program_text(f"{deep}\n{CODE}") == CODE


def test_windows_line_ends_are_unified():
    assert program_text(CODE.replace("\n", "\r\n")) == CODE


def test_backticks_inside_a_string_are_not_a_fence():
    code = "note = 'use ```x``` here'\n"
    assert program_text(code) == code


def test_empty_answer_is_an_empty_program():
    assert program_text("  \n") == ""


PLAN = "plate; 10 x 10 x 5 in all.\n1. Plate: rectangle 10 x 10 on XY, extrude 5."


def test_an_answer_with_a_plan_gives_its_code_back():
    assert program_text(with_plan(PLAN, CODE)) == CODE


@pytest.mark.parametrize(
    "answer",
    [
        f"<plan>{PLAN}</plan><plan>{PLAN}</plan>\n{CODE}",
        f"<plan>{PLAN}\n<plan>{PLAN}</plan>\n{CODE}",
        f"<plan>\n{PLAN}\n</plan>\n```python\n{CODE}```",
        f"{PLAN}\n</plan>\n{CODE}",
        f"<plan>\n{PLAN}\n{CODE}",
        f"<plan>\n{PLAN}\n```python\n{CODE}",
        f"<plan>{PLAN}</plan>\n{CODE}<plan>{PLAN}</plan>",
        f"<plan>import cadquery as cq, then draw.</plan>\n{CODE}",
        f"<plan>\nFirst:\nimport cadquery as cq\n</plan>\n{CODE}",
    ],
)
def test_plans_are_stripped_wherever_they_end_and_however_many_there_are(answer):
    assert program_text(answer) == CODE


def test_a_plan_that_fills_the_answer_leaves_no_program():
    assert program_text(f"<plan>\n{PLAN}") == ""


def test_plan_and_openecad_part_at_the_plans_end():
    assert program_text(with_plan(PLAN, "Loops0 = []\n")) == "Loops0 = []\n"


def test_the_word_plan_in_code_is_code():
    code = 'note = "<plan>"\nimport cadquery as cq\n'
    assert program_text(code) == code
