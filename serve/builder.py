"""Programs to solids and their files. Generated code runs in the sandbox and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from cadvlm.config.execution import Limits
from cadvlm.errors import InputError, SandboxUnavailable
from cadvlm.execution.result import ExecutionResult, Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.execution.selfcheck import protections
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.render import png, shaded
from cadvlm.render.drawing import draw as drawing
from cadvlm.render.drawing.sheet import Sheet
from cadvlm.render.drawing.svg import svg
from cadvlm.scoring.agreement import DRAWING, SHEET, Agreement, Picture, agreement
from serve import exports, repair

BOX = "import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n"


class Figures(BaseModel):
    """A solid in figures, in the program's own unit."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    volume: float
    bbox: tuple[float, float, float, float, float, float]
    """``(xmin, ymin, zmin, xmax, ymax, zmax)``."""
    n_faces: int


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a program."""

    program: CadProgram
    """As it was run: with roundings that the kernel takes, where it refused those it had."""
    status: Status
    error: str | None = None
    figures: Figures | None = None
    """Present, like ``solid``, exactly when ``status`` is ``OK``."""
    solid: Solid | None = None
    changes: tuple[str, ...] = ()
    """Repairs, one line each; the first may say that it was written again, and why."""
    agreement: Agreement | None = None
    """With the pictures that were sent; None where they show nothing, or there is no solid."""

    @property
    def seen_from(self) -> str:
        """The view that the first picture has of it, or the usual one."""
        return self.agreement.view.partition("+")[0] if self.agreement else "iso"


class Builder:
    """Executes programs, one at a time, and writes what people download.

    Args:
        limits: for each program.
        allow_unsafe: start even where a protection is missing.

    Raises:
        SandboxUnavailable: programs cannot be run here, or not safely. Better not to start than to
            call every one of them invalid, or to run a stranger's unprotected.
    """

    def __init__(self, limits: Limits, allow_unsafe: bool = False) -> None:
        if not allow_unsafe:
            _refuse_unsafe()
        self._sandbox = Sandbox(limits)
        # Compiles the renderer, so that no client waits for it.
        box = self.build(CadProgram(BOX))
        assert box.solid is not None
        self.files(box.solid, DRAWING)

    def build(self, program: CadProgram, pictures: Sequence[Picture] = ()) -> Built:
        """Run a program, and compare what it builds with the pictures.

        One that does not build is an answer, not an error.
        """
        ran, result, changes = repair.run(program, self._run)
        solid = result.solid
        if solid is None:
            return Built(ran, result.status, result.error)
        figures = Figures(volume=solid.volume, bbox=solid.bbox, n_faces=solid.n_faces)
        agrees = agreement(solid, pictures) if pictures else None
        return Built(ran, result.status, None, figures, solid, changes, agrees)

    def files(self, solid: Solid, view: str = "iso") -> dict[str, bytes]:
        """What people download of it, by name; ``seen.png`` is from where the pictures that were
        sent show it, for comparison."""
        sheet = _sheet(solid)
        return {
            "part.step": solid.files["step"],
            "part.stl": exports.stl(solid),
            "part.glb": exports.glb(solid),
            "part.png": png.encode(shaded.draw(solid)),
            "seen.png": _seen(solid, sheet, view),
            "view.html": exports.view(solid),
            **({"drawing.svg": svg(sheet)} if sheet else {}),
        }

    def _run(self, program: CadProgram) -> ExecutionResult:
        return self._sandbox.run(program, exports=("step", "drawing"))

    def close(self) -> None:
        """End the sandbox's child."""
        self._sandbox.close()


def _sheet(solid: Solid) -> Sheet | None:
    """Its drawing with dimensions; None where it is too large or too small for paper."""
    try:
        return drawing.draw(solid, sheet="square")
    except InputError:
        return None


def _seen(solid: Solid, sheet: Sheet | None, view: str) -> bytes:
    if view != DRAWING:
        return png.encode(shaded.draw(solid, view))
    return drawing.render(sheet, SHEET).png if sheet else png.encode(shaded.draw(solid))


def _refuse_unsafe() -> None:
    missing = [protection.name for protection in protections() if not protection.enforced]
    if missing:
        raise SandboxUnavailable(
            f"strangers' programs cannot be confined here: {', '.join(missing)} not enforced. "
            "`python -m cadvlm.execution.selfcheck` says why (it takes Linux 5.13 with Landlock on "
            "x86_64 or aarch64); allow_unsafe=true serves all the same"
        )
