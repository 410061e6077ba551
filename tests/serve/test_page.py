from __future__ import annotations

import re

from serve.page import PAGE


def test_the_page_needs_nothing_from_elsewhere() -> None:
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)|url\(|@import|<script src""", PAGE) == []


def test_style_and_script_are_inside() -> None:
    assert "grid-template-columns" in PAGE
    assert '"/v1/generate"' in PAGE
