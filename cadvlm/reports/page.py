"""Single HTML files from templates: no script, no network, one stylesheet for all reports."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_NOTHING = Markup("&ndash;")


def render(template: str, **content: Any) -> str:
    """The page that ``templates/NAME`` makes of the content."""
    return _environment().get_template(template).render(content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cadvlm.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "number": number,
        "png": png,
        "count": count,
        "sentence": sentence,
    }
    return environment


def alone(svg: Markup) -> str:
    """A chart as a file of its own, in the colours that the page would give it."""
    style = (files("cadvlm.reports") / "templates" / "style.css").read_text()
    colours = style[: style.index("}") + 1]
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    head = f"<svg {names} font-family='sans-serif' "
    return (
        str(svg).replace("<svg ", head, 1).replace("</title>", f"</title><style>{colours}</style>")
    )


def title(path: str) -> str:
    """What a folder or a model is called: the last two names of its path."""
    return " / ".join([name for name in path.split("/") if name][-2:])


def percent(value: float | None) -> str:
    """``0.9731`` is 97.3 %."""
    return _NOTHING if value is None else f"{100 * value:.1f}\N{NARROW NO-BREAK SPACE}%"


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """A score with a fixed number of digits, so that columns line up."""
    if value is None:
        return _NOTHING
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def count(value: int | None) -> str:
    """A whole number, in groups of three."""
    return _NOTHING if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def sentence(text: str) -> str:
    """With a capital at its beginning; names within keep theirs."""
    return text[:1].upper() + text[1:]


def png(picture: bytes) -> Markup:
    """A picture as the value of ``src``."""
    return Markup(f"data:image/png;base64,{base64.b64encode(picture).decode()}")
