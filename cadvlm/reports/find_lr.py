"""The page of a learning-rate test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cadvlm
from cadvlm.reports import page
from cadvlm.storage import Folder


def write(folder: Folder, found: Mapping[str, Any]) -> None:
    """Write ``find_lr.html`` from the content of ``find_lr.json``."""
    from cadvlm.reports import plots

    rows = found["rows"]
    rates = [row["lr"] for row in rows]
    drawn = [
        plots.Curve("running mean", rates, [row["mean"] for row in rows]),
        plots.Curve("loss of the step", rates, [row["loss"] for row in rows]),
    ]
    html = page.render(
        "find_lr.html",
        kind="Learning rate",
        title=page.title(folder.uri),
        facts=[("from", f"{rates[0]:.1e}"), ("to", f"{rates[-1]:.1e}")],
        sections=[("found", "Found"), ("curve", "Curve")],
        version=cadvlm.__version__,
        suggested=f"{found['suggested']:.1e}",
        lowest=f"{found['lowest']:.1e}",
        steps=len(rows),
        curve=plots.curves(drawn, xlabel="learning rate", ylabel="loss", logarithmic="x"),
    )
    folder.write("find_lr.html", html)
