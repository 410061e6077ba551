"""Numbers that others published, to be shown beside ours and never as ours.

Other data, other protocols: each row says which.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """One line of a published table."""

    model: str
    data: str
    protocol: str
    score: str
    valid: str
    source: str


_CAD_CODER = ("GenCAD-Code, 100 parts", "IoUbest, mean of valid; VSR", "Doris et al. 2025")
_CADBENCH = (
    "CADBench, single view",
    "aligned IoU, median, failures 0; VSR",
    "Doris et al. 2026",
)
_BENCHCAD = ("BenchCAD Vision2Code", "voxel IoU; executes", "Zhang et al. 2026")


def _same(about: tuple[str, str, str], *rows: tuple[str, str, str]) -> tuple[Published, ...]:
    data, protocol, source = about
    return tuple(Published(model, data, protocol, iou, ok, source) for model, iou, ok in rows)


def _three(model: str, source: str, iou: str, invalid: str) -> tuple[Published, ...]:
    """The three test sets of cadrille: IoU in percent, and the invalid ratio turned round."""
    sets = ("DeepCAD", "Fusion 360", "CC3D")
    protocol = "IoU, one sample; valid"
    return tuple(
        Published(model, data, protocol, f"{float(score) / 100:.3f}", f"{100 - float(bad):.1f} %",
                  source)
        for data, score, bad in zip(sets, iou.split(), invalid.split(), strict=True)
    )  # fmt: skip


PUBLISHED = (
    *_same(
        _CAD_CODER,
        ("CAD-Coder 13B", "0.675", "100 %"),
        ("GPT-4.5", "0.524", "84 %"),
        ("o1", "0.494", "88 %"),
        ("Gemini 2.0 Pro", "0.445", "82 %"),
        ("Qwen2.5-VL-72B", "0.352", "94 %"),
        ("LLaVA-1.5-13B", "0", "0 %"),
    ),
    *_same(
        _CADBENCH,
        ("Claude Opus 4.7", "0.412", "79.8 %"),
        ("Gemini 3.1 Pro", "0.382", "72.9 %"),
        ("CAD-Coder", "0.354", "94.6 %"),
        ("GPT-5.4", "0.158", "51.3 %"),
    ),
    *_three("cadrille SFT, 4 views", "Kolodiazhnyi et al. 2025", "86.1 77.6 56.1", "1.5 3.2 7.7"),
    *_three("cadrille RL, 4 views", "Kolodiazhnyi et al. 2025", "92.2 84.6 65.0", "0.0 0.0 0.1"),
    *_three("CAD-Recode v1.5, points", "Rukhovich et al. 2024", "87.1 79.1 60.5", "3.1 5.0 9.8"),
    *_same(_BENCHCAD, ("Gemini 3.1 Pro", "0.355", "81.5 %")),
)
"""Collected in the project's metrics notes; the sources are the papers named."""
