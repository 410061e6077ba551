import html
import re

from cadvlm.reports.program import compared, excerpt, failed_line, lines

CODE = "import cadquery as cq\nresult = cq.Workplane().box(1, 2.5, 3)  # a box\n"


def text(line):
    return html.unescape(re.sub(r"<[^>]*>", "", line.html))


def differing(line):
    return re.findall(r'<i class="[^"]*differs">([^<]*)</i>', line.html)


def test_every_character_of_a_program_is_shown():
    assert [text(line) for line in lines(CODE)] == CODE.splitlines()
    odd = "x = 'never closed\n\tif \N{GREEK SMALL LETTER ALPHA} <b> ~ $ (\n"
    assert [text(line) for line in lines(odd)] == odd.splitlines()


def test_words_have_their_colours():
    first, second = lines(CODE)
    assert '<i class="keyword">import</i>' in first.html
    assert '<i class="number">2.5</i>' in second.html
    assert '<i class="comment"># a box</i>' in second.html


def test_only_what_differs_is_marked():
    ours, theirs = compared(CODE, CODE.replace("2.5", "4"))
    assert [line.changed for line in ours] == [False, True]
    assert (differing(ours[1]), differing(theirs[1])) == (["2.5"], ["4"])


def test_equal_programs_have_no_marks():
    ours, theirs = compared(CODE, CODE)
    assert ours == theirs
    assert not any(line.changed or differing(line) for line in ours)


def test_a_program_beside_nothing_is_marked_all_over():
    ours, theirs = compared(CODE, "")
    assert theirs == []
    assert all(line.changed for line in ours)


def test_the_line_that_failed_is_found_with_its_neighbours():
    code = "".join(f"x{number} = 0\n" for number in range(1, 8))
    shown = excerpt(code, "NameError: name 'y' is not defined (line 4)")
    assert [(line.number, line.failed) for line in shown] == [(3, False), (4, True), (5, False)]


def test_a_message_without_a_line_has_no_excerpt():
    assert failed_line("killed after 10 s of processor time") is None
    assert failed_line("ValueError: (line 3) of it (line 12)") == 12
    assert excerpt(CODE, None) == []
    assert excerpt(CODE, "SyntaxError: was never closed (line 40)") == []


def test_what_a_program_says_is_escaped():
    [line] = lines("<script>alert(1)</script>")
    assert "<script" not in line.html
