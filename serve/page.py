"""The page at ``/``: one self-contained document that needs no network beyond this server.

Its policy lets a browser run the script and the style that are in the document, nothing else, and
connect to nowhere but here. The 3D view, which brings its own script, runs in a frame that can
reach nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

STATIC = Path(__file__).parent / "static"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_style = (STATIC / "page.css").read_text()
# The page itself comes last, and first the name that all of them use for a part of it.
_scripts = ("names.js", "code.js", "sketch.js", "history.js", "page.js")
_script = "\n".join((STATIC / name).read_text() for name in _scripts)

PAGE = (
    (STATIC / "page.html")
    .read_text()
    .replace("<style></style>", f"<style>{_style}</style>")
    .replace("<script></script>", f"<script>{_script}</script>")
)
PAGE_POLICY = (
    f"default-src 'none'; script-src {_hash(_script)}; style-src {_hash(_style)}; "
    "connect-src 'self'; img-src 'self' blob: data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
VIEW_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src data:; frame-ancestors 'self'; sandbox allow-scripts"
)
