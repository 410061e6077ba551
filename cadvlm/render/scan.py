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

from cadvlm.render.look import GROUND

Picture = NDArray[np.uint8]
Shape = tuple[int, ...]

MARGIN = 0.06
"""Share of a photographed sheet's size that its corners lie inside the picture, at most."""


def ground(rng: np.random.Generator, shape: Shape, strength: float) -> Picture:
    """(H, W, 3) something out of focus: a colour, light from one side, blots, and a grain."""
    height, width = shape[0], shape[1]
    color = 1 - strength * (0.15 + 0.7 * rng.random()) * np.array([1, *rng.uniform(0.7, 1.3, 2)])
    tone = 0.25 * strength * rng.uniform(-1, 1) * np.linspace(-1, 1, height)[:, None]
    tone = tone + 0.25 * strength * rng.uniform(-1, 1) * np.linspace(-1, 1, width)[None, :]
    tone = tone + strength * 0.25 * _cloud(rng, (height, width), int(rng.integers(3, 8)))
    # A grain runs along, as in wood and brushed metal, or is even, as in cloth.
    cells = (int(rng.integers(40, 160)), int(rng.integers(2, 160)))
    tone = tone + strength * 0.1 * _noise(rng, (height, width), cells)
    light = np.clip(color[None, None, :] * (1 + tone[:, :, None]), 0, 1)
    return (255 * light).astype(np.uint8)


def before(image: Picture, behind: Picture) -> Picture:
    """(H, W, 3) a picture, (H, W) grey or (H, W, 4) with its cover, before a background."""
    if image.ndim == 2:
        return np.where((image == GROUND)[:, :, None], behind, image[:, :, None])
    cover = image[:, :, 3:].astype(np.uint16)
    # Where the part covers a half, half of what is there is already the look's own ground: white.
    own = image[:, :, :3].astype(np.int32) - (255 - cover)
    mixed = own + (255 - cover) * behind // 255
    return np.clip(mixed, 0, 255).astype(np.uint8)


def printed(image: Picture, rng: np.random.Generator, strength: float) -> Picture:
    """A picture on paper that is neither white nor even: (H, W, 3)."""
    height, width = image.shape[:2]
    tint = 1 - strength * np.array([0.08, 0.12, 0.3]) * rng.random()
    tone = 1 - strength * 0.12 * np.abs(_cloud(rng, (height, width), 4))
    tone = tone - strength * 0.05 * _noise(rng, (height, width), (height // 2, width // 2))
    for _ in range(int(rng.integers(0, 3)) if strength > 0.5 else 0):
        tone = tone * _crease(rng, height, width, strength)
    colors = image if image.ndim == 3 else image[:, :, None]
    paper = np.clip(tone, 0, 1)[:, :, None] * tint.astype(np.float32)
    return (colors * paper).astype(np.uint8)


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
    picture = Image.fromarray(image)
    picture = picture.filter(ImageFilter.GaussianBlur(1.2 * strength * rng.random()))
    grain = rng.standard_normal(image.shape[:2], dtype=np.float32) * (14 * strength)
    levels = np.asarray(picture).astype(np.float32)
    contrast, light = 1 - 0.3 * strength * rng.random(), 40 * strength * rng.random()
    levels = levels * contrast + light
    levels += grain if image.ndim == 2 else grain[:, :, None]
    _specks(levels, rng, strength)
    picture = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=round(95 - 60 * strength * rng.random()))
    return np.asarray(Image.open(buffer))


def _specks(levels: NDArray[np.float32], rng: np.random.Generator, strength: float) -> None:
    """Dust, in place."""
    height, width = levels.shape[:2]
    count = int(strength * rng.integers(0, 40))
    rows, columns = rng.integers(0, height - 1, count), rng.integers(0, width - 1, count)
    sizes, shades = rng.integers(1, 3, count), rng.choice(np.array([20.0, 250.0]), count)
    for row, column, size, shade in zip(rows, columns, sizes, shades, strict=True):
        levels[row : row + size, column : column + size] = shade


def _crease(
    rng: np.random.Generator, height: int, width: int, strength: float
) -> NDArray[np.float32]:
    """(H, W) factors along a fold: dark on its one side, light on the other."""
    angle = rng.uniform(0, np.pi)
    across = np.cos(angle) * (np.arange(width, dtype=np.float32) / width - rng.uniform(0.2, 0.8))
    up = np.sin(angle) * (np.arange(height, dtype=np.float32) / height - rng.uniform(0.2, 0.8))
    away = (up[:, None] + across[None, :]) * 60
    factors: NDArray[np.float32] = 1 - 0.15 * np.float32(strength) * away * np.exp(-(away**2))
    return factors


def _noise(
    rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]
) -> NDArray[np.float32]:
    """(H, W) about -1 to 1: random values on a coarse grid, with smooth slopes between."""
    coarse = rng.random((max(2, cells[0]), max(2, cells[1])), dtype=np.float32) * 2 - 1
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR))


def _cloud(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> NDArray[np.float32]:
    """(H, W) about -1 to 1: noise at three scales, each half as strong as the one before."""
    layers = [_noise(rng, shape, (cells * 2**k, cells * 2**k)) * 0.5**k for k in range(3)]
    total: NDArray[np.float32] = sum(layers[1:], layers[0]) / np.float32(1.75)
    return total


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
