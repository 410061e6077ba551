from xml.etree import ElementTree

import numpy as np
import pytest

from cadvlm.reports import plots


def histogram():
    return plots.histogram(
        [0.1, 0.9, 1.0], [0.4, 0.5], label="IoU", limits=(0, 1), bands=[(0, 0.7, "poor")]
    )


def trend():
    return plots.trend(
        [6, 6, 8, 20], [1, 0.9, 0.5, 0.2], [None, 0.1, 0.2, 0.3], xlabel="f", ylabel="y"
    )


def counts():
    return plots.counts({"deepcad": {"6": 120, "7": 4, "900": 1}, "none": {}}, label="faces")


def curves():
    noisy = plots.Curve("training", range(900), [3 - step / 900 for step in range(900)], True)
    return plots.curves([noisy, plots.Curve("validation", [100], [2.9])], xlabel="s", ylabel="l")


CHARTS = [histogram, trend, counts, curves]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_well_formed_and_named(chart):
    svg = str(chart()).replace("xlink:", "")
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert root[0].tag == "title"


@pytest.mark.parametrize("chart", CHARTS)
def test_colours_come_from_the_page(chart):
    svg = chart()
    assert "var(--accent)" in svg
    assert "#0101" not in svg
    assert "font-family" not in svg


def test_sources_are_stacked_and_named_where_there_are_several():
    several = plots.counts({"deepcad": {"6": 2}, "synthetic": {"6": 3}}, label="faces")
    assert "synthetic" in several
    assert "var(--series-2)" in several
    assert "deepcad" not in counts()


def test_the_same_numbers_make_the_same_chart():
    assert histogram() == histogram()


def test_text_from_outside_is_escaped():
    svg = plots.counts({"a": {"1": 1}}, label="<script>")
    assert "<script>" not in svg


@pytest.mark.parametrize("values", [[0.5], [1.0] * 40, [0.0, 5.0]])
def test_few_equal_or_outlying_values_are_drawn(values):
    assert plots.histogram(values, label="x", limits=(0, 1)).startswith("<svg")
    assert plots.trend([6] * len(values), values, xlabel="x", ylabel="y").startswith("<svg")


def test_a_long_curve_is_thinned_to_the_means_of_its_pieces():
    x, y = plots._thinned(plots.Curve("a", range(4000), [step % 10 for step in range(4000)]))
    assert len(x) == 400
    assert set(y) == {4.5}


def test_a_running_mean_keeps_a_line_and_flattens_noise():
    straight = np.linspace(0, 1, 101)
    assert plots._smoothed(straight)[50] == pytest.approx(0.5)
    assert np.ptp(plots._smoothed(np.tile([0.0, 1.0], 100))) < 0.3
