"""What happens to a picture on its way through the world: paper, a desk, a scanner, a camera.

Everything is made up on the spot from a generator; nothing is read. Strengths go from 0, where
nothing happens, to 1, the worst at which a person still reads the picture with ease.
"""

from __future__ import annotations

import io
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cadvlm.geometry.kernels import compiled
from cadvlm.render.look import GROUND

Picture = NDArray[np.uint8]
Shape = tuple[int, ...]
Tone = NDArray[np.float32]

LEAST_BLUR_PX = 0.2
"""Less is not seen."""

FOLD = 0.02
"""Width of a crease's shadow, as a share of the picture."""

_GRAIN = np.random.default_rng(0).standard_normal(1 << 16, dtype=np.float32)
"""Drawn once; each row of a picture begins anywhere in it."""

MARGIN = 0.06
"""Share of a photographed sheet's size that its corners lie inside the picture, at most."""


def ground(rng: np.random.Generator, shape: Shape, strength: float) -> Picture:
    """(H, W, 3) something out of focus: a colour, light from one side, blots, and a grain."""
    color = 1 - strength * (0.15 + 0.7 * rng.random()) * np.array([1, *rng.uniform(0.7, 1.3, 2)])
    tone = np.ones(shape[:2], np.float32)
    _light(tone, _grid(rng, 2, 2), 0.35 * strength)
    _cloud(tone, rng, int(rng.integers(3, 8)), 0.25 * strength)
    # A grain runs along, as in wood and brushed metal, or is even, as in cloth.
    grain = _grid(rng, int(rng.integers(40, 160)), int(rng.integers(2, 160)))
    _light(tone, grain, 0.1 * strength)
    return _tinted(np.full((*shape[:2], 1), 255, np.uint8), tone, color)


def before(image: Picture, behind: Picture) -> Picture:
    """(H, W, 3) a picture, (H, W) grey or (H, W, 4) with its cover, before a background."""
    if image.ndim == 2:
        return np.where((image == GROUND)[:, :, None], behind, image[:, :, None])
    return _mixed(np.ascontiguousarray(image), behind)


def printed(image: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """A picture on paper that is neither white nor even: (H, W, 3)."""
    height, width = image.shape[:2]
    tint = 1 - strength * np.array([0.08, 0.12, 0.3]) * rng.random()
    tone = np.full((height, width), 1 - 0.06 * strength, np.float32)
    _cloud(tone, rng, 4, 0.1 * strength)
    _light(tone, _grid(rng, height // 2, width // 2), 0.05 * strength)
    for _ in range(int(rng.integers(0, 3)) if strength > 0.5 else 0):
        angle, across, up = rng.uniform(0, np.pi), *rng.uniform(0.2, 0.8, 2)
        _fold(tone, angle, across, up, 0.15 * strength)
    colors = image if image.ndim == 3 else image[:, :, None]
    return _tinted(np.ascontiguousarray(colors), tone, tint)


def laid(
    image: Picture,
    behind: Picture | None,
    rng: np.random.Generator,
    turn_deg: float,
    angle_deg: float,
) -> Picture:
    """A sheet that lies askew, or is seen at an angle, before a background or on white."""
    height, width = image.shape[:2]
    corners = np.array([(0, 0), (0, height), (width, height), (width, 0)], dtype=float)
    middle = np.array([width / 2, height / 2])
    turn = radians(turn_deg)
    rotation = np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]])
    # As far as a camera with this angle of view would shift them.
    shift = MARGIN * min(1.0, angle_deg / 45) * np.array([width, height])
    inward = np.sign(middle - corners) * rng.random((4, 2)) * shift
    placed = (corners - middle) @ rotation.T + middle + inward
    if behind is not None:
        placed = middle + (placed - middle) * (1 - MARGIN)
    # Whatever was turned out of the picture is brought back.
    reach = np.abs(placed - middle).max(axis=0) / middle
    placed = middle + (placed - middle) / max(1.0, float(reach.max()))
    coefficients = _homography(placed, corners)
    fill = 255 if image.ndim == 2 else (255, 255, 255)
    moved = _warped(Image.fromarray(image), coefficients, fill)
    if behind is None:
        return np.asarray(moved)
    paper = np.asarray(_warped(Image.new("L", (width, height), 255), coefficients, 0)) > 0
    return np.where(paper[:, :, None], np.asarray(moved.convert("RGB")), behind)


def scanned(image: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """A picture after a bad lens, a bad sensor and compression."""
    colors = image if image.ndim == 3 else image[:, :, None]
    blur = 1.2 * strength * rng.random()
    if blur > LEAST_BLUR_PX:
        blurred = Image.fromarray(image).filter(ImageFilter.GaussianBlur(blur))
        colors = np.asarray(blurred).reshape(colors.shape)
    contrast, light = 1 - 0.3 * strength * rng.random(), 40 * strength * rng.random()
    starts = rng.integers(0, len(_GRAIN), len(image))
    grained = _grained(colors.copy(), contrast, light, _GRAIN * np.float32(14 * strength), starts)
    _specks(grained, rng, strength)
    buffer = io.BytesIO()
    quality = round(95 - 60 * strength * rng.random())
    Image.fromarray(grained.reshape(image.shape)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def _specks(levels: Picture, rng: np.random.Generator, strength: float) -> None:
    """Dust, in place."""
    height, width = levels.shape[:2]
    count = int(strength * rng.integers(0, 40))
    rows, columns = rng.integers(0, height - 1, count), rng.integers(0, width - 1, count)
    sizes, shades = rng.integers(1, 3, count), rng.choice(np.array([20, 250], np.uint8), count)
    for row, column, size, shade in zip(rows, columns, sizes, shades, strict=True):
        levels[row : row + size, column : column + size] = shade


def _cloud(tone: Tone, rng: np.random.Generator, cells: int, strength: float) -> None:
    """Blots at three scales, each half as strong as the one before, in place."""
    for k in range(3):
        _light(tone, _grid(rng, cells * 2**k, cells * 2**k), strength * 0.57 * 0.5**k)


def _grid(rng: np.random.Generator, rows: int, columns: int) -> Tone:
    """Random values from -1 to 1."""
    return rng.random((max(2, rows), max(2, columns)), dtype=np.float32) * 2 - 1


@compiled
def _light(tone: Tone, grid: Tone, strength: float) -> None:
    """Add a coarse grid, with smooth slopes between its values, in place."""
    height, width = tone.shape
    down, across = (grid.shape[0] - 1) / height, (grid.shape[1] - 1) / width
    for row in range(height):
        i, f = int(row * down), np.float32(row * down % 1)
        for column in range(width):
            j, g = int(column * across), np.float32(column * across % 1)
            upper = grid[i, j] + g * (grid[i, j + 1] - grid[i, j])
            lower = grid[i + 1, j] + g * (grid[i + 1, j + 1] - grid[i + 1, j])
            tone[row, column] += np.float32(strength) * (upper + f * (lower - upper))


@compiled
def _fold(tone: Tone, angle: float, across: float, up: float, strength: float) -> None:
    """Darken one side of a line and lighten the other, in place."""
    height, width = tone.shape
    for row in range(height):
        for column in range(width):
            away = np.cos(angle) * (column / width - across) + np.sin(angle) * (row / height - up)
            if abs(away) < FOLD:
                near = 1 - abs(away) / FOLD
                tone[row, column] *= 1 - strength * near * (1 if away > 0 else -1)


@compiled
def _tinted(image: Picture, tone: Tone, tint: NDArray[np.float64]) -> Picture:
    """(H, W, 3) a picture of one value or three a pixel, times its tone and a colour."""
    height, width, channels = image.shape
    result = np.empty((height, width, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            for k in range(3):
                value = image[row, column, k % channels] * tone[row, column] * tint[k]
                result[row, column, k] = int(min(255.0, max(0.0, value)) + 0.5)
    return result


@compiled
def _mixed(image: Picture, behind: Picture) -> Picture:
    """(H, W, 3) a picture (H, W, 4) before another (H, W, 3)."""
    height, width, _ = image.shape
    result = np.empty((height, width, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            rest = 255 - int(image[row, column, 3])
            for k in range(3):
                # As far as the part leaves a pixel free, the look's own ground, white, is in it.
                own = int(image[row, column, k]) - rest
                result[row, column, k] = max(0, own + rest * int(behind[row, column, k]) // 255)
    return result


@compiled
def _grained(
    image: Picture, contrast: float, light: float, grain: Tone, starts: NDArray[np.int64]
) -> Picture:
    """A picture (H, W, C) with less contrast, and a grain that begins elsewhere in each row."""
    height, width, channels = image.shape
    for row in range(height):
        for column in range(width):
            noise = light + grain[(starts[row] + column) % len(grain)]
            for k in range(channels):
                value = image[row, column, k] * contrast + noise
                image[row, column, k] = int(min(255.0, max(0.0, value)))
    return image


def _homography(from_: NDArray[np.float64], to: NDArray[np.float64]) -> tuple[float, ...]:
    """The eight coefficients that take four points to four others, as Pillow wants them."""
    rows, values = [], []
    for (x, y), (u, v) in zip(from_, to, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)).tolist())


def _warped(
    picture: Image.Image, coefficients: tuple[float, ...], fill: int | tuple[int, int, int]
) -> Image.Image:
    return picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        coefficients,
        Image.Resampling.BILINEAR,
        fillcolor=fill,
    )
