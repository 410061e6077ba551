import pytest

from cadvlm.records import CadProgram
from cadvlm.scoring.compactness import called
from cadvlm.scoring.recall import recalled


def program(chain: str) -> CadProgram:
    return CadProgram(f"import cadquery as cq\nresult = cq.Workplane('XY'){chain}\n")


PART = program(".box(10, 20, 30).edges('|Z').fillet(2).faces('>Z').workplane().hole(4).fillet(1)")


def test_a_program_has_all_of_its_own_operations_and_numbers():
    assert recalled(PART, PART) == (1, 0)


@pytest.mark.parametrize(
    ("chain", "recall"),
    [
        (".box(1, 1, 1)", 1 / 4),
        (".hole(4).fillet(9).box(1, 1, 1)", 3 / 4),
        (".fillet(1).fillet(1).fillet(1).sphere(2)", 2 / 4),
        (".rect(1, 2)", 0),
    ],
)
def test_recall_counts_each_call_as_often_as_it_is_there_in_any_order(chain, recall):
    assert recalled(program(chain), PART).operation_recall == pytest.approx(recall)


def test_parameters_are_compared_where_calls_line_up():
    other = program(".box(10, 10, 30).edges('|Z').fillet(2).faces('>Z').workplane().hole(12)")
    # 10 stands for 20 and 12 for 4, of five numbers: 2 * 10 / 30 and 2 * 8 / 16.
    assert recalled(other, PART).parameter_error == pytest.approx((2 / 3 + 1) / 5)
    assert recalled(program(".box(10, 20, -30)"), PART).parameter_error == pytest.approx(2 / 3)


def test_nothing_in_common_has_no_error_and_what_is_no_python_recalls_nothing():
    assert recalled(CadProgram("x = ("), PART) == (0, None)
    assert recalled(PART, program(".rect(1, 2)")) == (None, None)
    assert recalled(CadProgram(PART.code, "openecad"), PART) == (None, None)


def test_numbers_are_those_of_the_call_itself():
    numbers = {call.name: call.numbers for call in called(
        "import cadquery as cq\n"
        "r = cq.Workplane('XY').add(cq.Workplane('XY').box(1, 2, 3), (4, -5.5), flag=True, z=6)\n"
    )}  # fmt: skip
    assert numbers["box"] == (1, 2, 3)
    assert numbers["add"] == (4, -5.5, 6)
