from cadvlm.reports import page


def test_nothing_known_is_a_dash_and_never_a_zero():
    assert page.percent(None) == page.number(None) == page.count(None) == "&ndash;"


def test_numbers_line_up():
    assert page.number(0.5) == "0.500"
    assert page.number(0.5, sign=True) == "+0.500"
    assert page.count(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"


def test_a_title_is_the_end_of_a_path():
    assert page.title("/data/runs/demo/model/") == "demo / model"
    assert page.title("s3://bucket/predictions.jsonl") == "bucket / predictions.jsonl"
