"""Charts as inline SVG that takes its colours and its font from the page, in light and in dark.

matplotlib only knows fixed colours, so each role has a made-up one that is replaced by a variable
of ``style.css`` at the end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

_ROLES = {
    "#010101": "var(--ink-2)",
    "#010102": "var(--accent)",
    "#010103": "var(--control)",
    "#010104": "var(--line)",
    "#010105": "var(--poor)",
    "#010106": "var(--fair)",
    "#010107": "var(--good)",
    "#010108": "var(--best)",
    **{f"#01020{number}": f"var(--series-{number})" for number in range(2, 8)},
}
INK, ACCENT, CONTROL, LINE, POOR, FAIR, GOOD, BEST, *_others = _ROLES
SERIES = (ACCENT, *_others)
LEVELS = {"poor": POOR, "fair": FAIR, "good": GOOD, "best": BEST}

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cadvlm",
    "font.size": 10.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
}

_DOTS = 1500
"""More dots than this make a page heavy and say nothing more."""

_CHARACTERS = 80
"""What fits beside each other over a chart."""

_POINTS = 400
"""A curve of more is drawn by the means of groups."""

Band = tuple[float, float, str]
"""From, to, and the name of the level between them."""


class Curve(NamedTuple):
    """A line of a chart."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    is_noisy: bool = False
    """Drawn faintly, under its running mean."""
    role: str = ""
    """Of a trial, as :class:`Dot` has it; other curves take the colours of a series."""


def histogram(
    values: Sequence[float],
    control: Sequence[float] = (),
    *,
    label: str,
    limits: tuple[float, float],
    bands: Sequence[Band] = (),
    bins: int = 25,
) -> Markup:
    """Shares of parts by value, the control as an outline behind; a line marks each mean.

    Values beyond the limits are counted in the outermost bins.
    """
    edges = np.linspace(*limits, bins + 1)
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        for start, end, level in bands:
            axes.axvspan(start, end, color=LEVELS[level], alpha=0.10, linewidth=0)
        for name, numbers, role in (("blank picture", control, CONTROL), ("model", values, ACCENT)):
            if len(numbers) == 0:
                continue
            inside = np.clip(np.asarray(numbers, float), *limits)
            shares, _ = np.histogram(inside, edges)
            heights = 100 * shares / len(inside)
            if role is ACCENT:
                axes.bar(edges[:-1], heights, np.diff(edges) * 0.92, align="edge", color=role,
                         alpha=0.85, label=name)  # fmt: skip
            else:
                axes.stairs(heights, edges, color=role, fill=True, alpha=0.35, label=name)
                axes.stairs(heights, edges, color=role, linewidth=1.2)
            axes.axvline(float(np.mean(inside)), color=role, linewidth=1.4, linestyle=(0, (3, 2)))
        axes.set(xlim=limits, xlabel=label, ylabel="parts, %")
        axes.grid(axis="y")
        if len(control) and len(values):
            _legend(axes)
        return _svg(figure, f"Distribution of {label}")


def trend(
    x: Sequence[float],
    y: Sequence[float],
    control: Sequence[float | None] = (),
    *,
    xlabel: str,
    ylabel: str,
) -> Markup:
    """Parts as dots, and the mean of groups of like ``x`` as a line."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        random = np.random.default_rng(0)
        shown = random.permutation(len(x))[:_DOTS]
        size = np.clip(4000 / max(1, len(shown)), 9, 40)  # few dots are to be seen too
        across = np.asarray(x, float)[shown] + random.uniform(-0.25, 0.25, len(shown))
        axes.scatter(across, np.asarray(y)[shown], s=size, color=ACCENT, alpha=0.3, linewidth=0)
        known = [(a, b) for a, b in zip(x, control, strict=False) if b is not None]
        if known:
            axes.plot(*_means(*zip(*known, strict=True)), color=CONTROL, linewidth=1.6,
                      label="blank picture, mean")  # fmt: skip
        axes.plot(*_means(x, y), color=ACCENT, linewidth=2, marker="o", markersize=4,
                  label="model, mean")  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(-0.04, 1.04))
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        axes.grid(axis="y")
        _legend(axes)
        return _svg(figure, f"{ylabel} against {xlabel}")


def counts(numbers: Mapping[str, Mapping[str, int]], *, label: str, bins: int = 30) -> Markup:
    """Histograms of whole numbers that are already counted, one on top of the other.

    ``{"deepcad": {"6": 120, "7": 4}, "synthetic": {"6": 20}}``. The largest fiftieth is counted in
    the last bin: a long tail would hide everything else.
    """
    counted = {name: some for name, some in numbers.items() if some}
    pairs = [(float(value), count) for some in counted.values() for value, count in some.items()]
    values, weights = np.array(pairs).T
    low, high = float(values.min()), float(np.ceil(_quantile(values, weights, 0.98)))
    width = max(1, int(np.ceil((high - low + 1) / bins)))
    edges = np.arange(low, high + width + 1, width) - 0.5
    floor = np.zeros(len(edges) - 1)
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        for place, (name, some) in enumerate(counted.items()):
            inside = np.clip([float(value) for value in some], edges[0], edges[-1] - 0.5)
            heights, _ = np.histogram(inside, edges, weights=list(some.values()))
            colour = SERIES[min(place, len(SERIES) - 1)]
            axes.bar(edges[:-1], heights, np.diff(edges) * 0.92, floor, align="edge", color=colour,
                     alpha=0.85, label=name)  # fmt: skip
            floor += heights
        axes.set(xlabel=label, ylabel="parts")
        axes.grid(axis="y")
        if len(counted) > 1:
            _legend(axes, columns=4)
        return _svg(figure, f"Distribution of {label}")


def curves(
    drawn: Sequence[Curve],
    *,
    xlabel: str,
    ylabel: str,
    limits: tuple[float, float] | None = None,
    logarithmic: str = "",
) -> Markup:
    """Lines over one axis; ``logarithmic`` names the axes that are, such as ``x`` or ``xy``."""
    roles = list(_DOTS_OF)
    front_last = sorted(drawn, key=lambda curve: roles.index(curve.role) if curve.role else 0)
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        for place, curve in enumerate(front_last):
            x, y = _thinned(curve)
            colour = SERIES[min(place, len(SERIES) - 1)]
            if curve.role:
                colour = _DOTS_OF[curve.role][0]
            if curve.is_noisy and len(x) > 2:
                axes.plot(x, y, color=colour, linewidth=1, alpha=0.3)
                y = _smoothed(y)
            mark = "o" if len(x) <= 30 and not curve.role else None
            width = 2 if curve.role in ("", "recommended") else 1.2
            axes.plot(x, y, color=colour, linewidth=width, marker=mark, markersize=4,
                      label=curve.name)  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        for axis in logarithmic:
            axes.set(**{f"{axis}scale": "log"})
        if limits:
            axes.set(ylim=limits)
        axes.grid(axis="y")
        if len(drawn) > 1 and not drawn[0].role:
            _legend(axes, columns=4)
        return _svg(figure, f"{ylabel} against {xlabel}")


def _thinned(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(curve.x, float), np.asarray(curve.y, float)
    if len(x) <= _POINTS:
        return x, y
    pieces = [np.array_split(values, _POINTS) for values in (x, y)]
    thin_x, thin_y = ([float(piece.mean()) for piece in some] for some in pieces)
    return np.array(thin_x), np.array(thin_y)


def _smoothed(y: np.ndarray) -> np.ndarray:
    """Means over a twentieth of the points around each; at the ends over what there is."""
    reach = max(1, len(y) // 40)
    padded = np.concatenate([[0.0], np.cumsum(y)])
    place = np.arange(len(y))
    low, high = np.maximum(place - reach, 0), np.minimum(place + reach + 1, len(y))
    means: np.ndarray = (padded[high] - padded[low]) / (high - low)
    return means


class Dot(NamedTuple):
    """A trial between two objectives."""

    x: float
    y: float
    role: str
    """``front``, ``dominated``, ``recommended`` or ``before``."""
    label: str = ""
    x_ends: tuple[float, float] | None = None
    """The interval of ``x``."""
    y_ends: tuple[float, float] | None = None


def frontier(
    dots: Sequence[Dot], *, xlabel: str, ylabel: str, floor: float | None = None
) -> Markup:
    """What is gained against what is kept; the front as a line, the others grey."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        best = sorted(dot for dot in dots if dot.role in ("front", "recommended"))
        axes.plot([dot.x for dot in best], [dot.y for dot in best], color=ACCENT, linewidth=1.4)
        for dot in dots:
            ink, size, marker = _DOTS_OF[dot.role]
            for at, ends in (("h", dot.x_ends), ("v", dot.y_ends)):
                if ends:
                    lines = axes.hlines if at == "h" else axes.vlines
                    lines(dot.y if at == "h" else dot.x, *ends, color=ink, linewidth=0.8, alpha=0.5)
            axes.scatter([dot.x], [dot.y], s=size, color=ink, marker=marker, zorder=3, linewidth=0)
            if dot.label:
                axes.annotate(dot.label, (dot.x, dot.y), xytext=(6, 5), textcoords="offset points")
        if floor is not None:
            axes.axvline(floor, color=CONTROL, linewidth=1.2, linestyle=(0, (3, 2)))
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.grid()
        return _svg(figure, f"{ylabel} against {xlabel}")


_DOTS_OF = {
    "before": (INK, 46, "s"),
    "dominated": (CONTROL, 26, "o"),
    "front": (ACCENT, 42, "o"),
    "recommended": (BEST, 110, "D"),
}
"""Colour, size and shape."""


class Bar(NamedTuple):
    """One of several things that are compared."""

    name: str
    mean: float
    ends: tuple[float, float] | None
    """The interval of the mean."""
    dots: Sequence[float] = ()
    """What it is the mean of."""


def intervals(bars: Sequence[Bar], *, label: str) -> Markup:
    """Means with their intervals, one below the other, and faintly what each is made of."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        for place, bar in enumerate(bars):
            if bar.ends:
                axes.hlines(place, *bar.ends, color=ACCENT, linewidth=2)
            axes.scatter(bar.dots, [place] * len(bar.dots), s=18, color=CONTROL, linewidth=0)
            axes.scatter([bar.mean], [place], s=46, color=ACCENT, zorder=3, linewidth=0)
        axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
        axes.set(xlabel=label, ylim=(len(bars) - 0.5, -0.5))
        axes.grid(axis="x")
        return _svg(figure, f"{label} with intervals")


def effect(x: Sequence[float], y: Sequence[float], *, xlabel: str, ylabel: str) -> Markup:
    """Trials as dots and their means as a line, by the value of a setting; on a logarithmic scale
    where the values span a decade."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes()
        values = sorted(set(x))
        means = [float(np.mean([b for a, b in zip(x, y, strict=True) if a == v])) for v in values]
        axes.scatter(x, y, s=34, color=ACCENT, alpha=0.5, linewidth=0)
        axes.plot(values, means, color=ACCENT, linewidth=2)
        if values[0] > 0 and values[-1] >= 10 * values[0]:
            axes.set_xscale("log")
        if len(values) <= 8:
            axes.set_xticks(values, [f"{value:g}" for value in values])
            axes.xaxis.set_minor_locator(NullLocator())
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.grid(axis="y")
        return _svg(figure, f"{ylabel} by {xlabel}")


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.0, 2.9), layout="constrained")
    return figure, figure.subplots()


def _legend(axes: Axes, columns: int = 2) -> None:
    longest = max(map(len, axes.get_legend_handles_labels()[1]))
    fitting = max(1, _CHARACTERS // (longest + 6))  # six for the line before a name
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=min(columns, fitting), borderaxespad=0.2
    )


def _means(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Means over at most eight groups of about equal size; parts of equal ``x`` stay together."""
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    edges = np.unique(np.quantile(xs, np.linspace(0, 1, 9)))
    group = np.clip(np.searchsorted(edges, xs, side="right") - 1, 0, max(0, len(edges) - 2))
    groups = [group == number for number in np.unique(group)]
    return [float(xs[g].mean()) for g in groups], [float(ys[g].mean()) for g in groups]


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(values)
    reached = np.searchsorted(np.cumsum(weights[order]), share * weights.sum())
    return float(values[order][min(int(reached), len(values) - 1)])


def _svg(figure: Figure, title: str) -> Markup:
    sink = io.StringIO()
    figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
    text = sink.getvalue()
    text = text[text.index("<svg") :]
    for colour, variable in _ROLES.items():
        text = text.replace(colour, variable)
    # The page sets size, font and line joins; group names would collide between charts.
    for pattern, replacement in _CLEANED:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    head = (
        f'<svg class="plot" role="img" viewBox="{_view_box(text)}"><title>{escape(title)}</title>'
    )
    return Markup(re.sub(r"<svg [^>]*>", head, text, count=1))


_CLEANED = (
    (r"<metadata>.*?</metadata>", ""),
    (r"<style .*?</style>", ""),
    (r'<g id="[^"]*"(/?)>', r"<g\1>"),
    (r"font-family: [^;]*; ", ""),
)


def _view_box(svg: str) -> str:
    found = re.search(r'viewBox="([^"]*)"', svg)
    assert found
    return found[1]
