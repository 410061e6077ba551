"""Programs to solids and their files. Generated code runs in the sandbox and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from cadvlm.config.execution import Limits
from cadvlm.errors import SandboxUnavailable
from cadvlm.execution.result import Status
from cadvlm.execution.sandbox import Sandbox
from cadvlm.execution.selfcheck import protections
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.render import png, shaded
from serve import exports


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

    status: Status
    error: str | None = None
    solid: Figures | None = None
    """Present exactly when ``status`` is ``OK``."""
    files: dict[str, bytes] = field(default_factory=dict)
    """By name; empty unless there is a solid."""


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
        self.build(CadProgram("import cadquery as cq\nresult = cq.Workplane().box(1, 1, 1)\n"))

    def build(self, program: CadProgram) -> Built:
        """Run a program. One that does not build is an answer, not an error."""
        result = self._sandbox.run(program, exports=("step",))
        if result.solid is None:
            return Built(result.status, result.error)
        solid = result.solid
        figures = Figures(volume=solid.volume, bbox=solid.bbox, n_faces=solid.n_faces)
        return Built(result.status, solid=figures, files=_files(solid))

    def close(self) -> None:
        """End the sandbox's child."""
        self._sandbox.close()


def _refuse_unsafe() -> None:
    missing = [protection.name for protection in protections() if not protection.enforced]
    if missing:
        raise SandboxUnavailable(
            f"strangers' programs cannot be confined here: {', '.join(missing)} not enforced. "
            "`python -m cadvlm.execution.selfcheck` says why (it takes Linux 5.13 with Landlock on "
            "x86_64 or aarch64); allow_unsafe=true serves all the same"
        )


def _files(solid: Solid) -> dict[str, bytes]:
    return {
        "part.step": solid.files["step"],
        "part.stl": exports.stl(solid),
        "part.glb": exports.glb(solid),
        "part.png": png.encode(shaded.draw(solid)),
        "view.html": exports.view(solid),
    }
