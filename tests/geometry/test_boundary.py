"""The faces and joints of parts with known answers."""

from math import atan, pi

import numpy as np
import pytest
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepFilletAPI import BRepFilletAPI_MakeFillet
from OCP.BRepPrimAPI import (
    BRepPrimAPI_MakeBox,
    BRepPrimAPI_MakeCone,
    BRepPrimAPI_MakeCylinder,
    BRepPrimAPI_MakeSphere,
    BRepPrimAPI_MakeTorus,
)
from OCP.gp import gp_Ax1, gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cadvlm import execution
from cadvlm.geometry.boundary import facts
from cadvlm.geometry.facts import Curve, Facts, Surface
from cadvlm.geometry.topology import EDGE, compound, explore
from cadvlm.records import CadProgram

AXIS = gp_Ax2(gp_Pnt(5, 5, 0), gp_Dir(0, 0, 1))


def test_box_has_six_planes_that_look_outward_and_twelve_convex_joints():
    faces, joints = _facts(BRepPrimAPI_MakeBox(2, 3, 4).Shape())
    assert (faces["surface"] == Surface.PLANE).all()
    assert sorted(faces["area"]) == [6, 6, 8, 8, 12, 12]
    assert np.allclose(faces["point"] - [1, 1.5, 2], faces["axis"] * [1, 1.5, 2])
    assert len(joints) == 12
    assert joints["bend"] == pytest.approx(pi / 2)
    assert (joints["curve"] == Curve.LINE).all()
    assert sorted(joints["length"]) == [2] * 4 + [3] * 4 + [4] * 4
    assert (faces["loops"] == 1).all()


def test_drilled_hole_is_a_closed_cylinder_with_the_material_outside():
    faces, joints = _facts(_drilled())
    (hole,) = faces[faces["surface"] == Surface.CYLINDER]
    assert (hole["sense"], hole["radius"], hole["along"]) == (-1, 2, pytest.approx(3))
    assert hole["around"] == pytest.approx(2 * pi)
    assert hole["point"] == pytest.approx([5, 5, 1.5])
    assert np.abs(hole["axis"]) == pytest.approx([0, 0, 1])
    rims = joints[joints["curve"] == Curve.CIRCLE]
    assert rims["bend"] == pytest.approx(pi / 2)
    assert rims["closed"].all()
    assert rims["length"] == pytest.approx(4 * pi)
    assert rims["radius"] == pytest.approx(2)
    assert (rims["loops"].max(axis=1) == 1).all()
    assert sorted(faces["loops"]) == [1] * 5 + [2] * 2


def test_boss_has_the_material_inside_and_a_concave_joint_at_its_foot():
    boss = BRepPrimAPI_MakeCylinder(gp_Ax2(gp_Pnt(5, 5, 3), gp_Dir(0, 0, 1)), 2, 4).Shape()
    faces, joints = _facts(BRepAlgoAPI_Fuse(_plate(), boss).Shape())
    (side,) = faces[faces["surface"] == Surface.CYLINDER]
    assert (side["sense"], side["along"]) == (1, pytest.approx(4))
    assert joints["bend"].min() == pytest.approx(-pi / 2)
    assert np.count_nonzero(joints["bend"] < 0) == 1


def test_fillet_is_a_quarter_cylinder_between_two_smooth_joints():
    shape = _plate()
    maker = BRepFilletAPI_MakeFillet(shape)
    upright = [edge for edge in explore(shape, EDGE) if _is_upright(edge)]
    maker.Add(0.5, TopoDS.Edge_s(upright[0]))
    faces, joints = _facts(maker.Shape())
    (row,) = np.flatnonzero(faces["surface"] == Surface.CYLINDER)
    assert (faces["sense"][row], faces["radius"][row]) == (1, 0.5)
    assert faces["around"][row] == pytest.approx(pi / 2)
    around = joints[(joints["faces"] == row).any(axis=1)]
    assert np.count_nonzero(np.abs(around["bend"]) < 1e-6) == 2


def test_cone_widens_along_its_axis():
    for low, high in ((3, 1), (1, 3)):
        faces, joints = _facts(BRepPrimAPI_MakeCone(low, high, 4).Shape())
        (cone,) = faces[faces["surface"] == Surface.CONE]
        assert cone["axis"] == pytest.approx([0, 0, np.sign(high - low)])
        assert (cone["radius"], cone["second"]) == pytest.approx((2, atan(0.5)))
        assert (cone["along"], cone["sense"]) == (pytest.approx(4), 1)
        assert sorted(joints["bend"]) == pytest.approx([pi / 2 - atan(0.5), pi / 2 + atan(0.5)])


def test_sphere_and_torus_know_their_radii_and_what_they_cover():
    (ball,) = _facts(BRepPrimAPI_MakeSphere(gp_Pnt(1, 2, 3), 2).Shape()).faces
    assert (ball["surface"], ball["sense"], ball["radius"]) == (Surface.SPHERE, 1, 2)
    assert ball["point"] == pytest.approx([1, 2, 3])
    assert (ball["around"], ball["along"]) == pytest.approx((2 * pi, pi))
    (ring,) = _facts(BRepPrimAPI_MakeTorus(5, 1).Shape()).faces
    assert (ring["surface"], ring["radius"], ring["second"]) == (Surface.TORUS, 5, 1)
    assert (ring["around"], ring["along"]) == pytest.approx((2 * pi, 2 * pi))


def test_seams_and_poles_are_no_joints():
    assert len(_facts(BRepPrimAPI_MakeSphere(2).Shape()).joints) == 0
    assert len(_facts(BRepPrimAPI_MakeCylinder(2, 3).Shape()).joints) == 2


def test_faces_meet_only_within_their_solid():
    second = gp_Trsf()
    second.SetTranslation(gp_Vec(1, 0, 0))
    cube = BRepPrimAPI_MakeBox(1, 1, 1).Shape()
    faces, joints = _facts(compound([cube, cube.Moved(TopLoc_Location(second))]))
    assert faces["solid"].tolist() == [0] * 6 + [1] * 6
    assert np.ptp(faces["solid"][joints["faces"]], axis=1).max() == 0


@pytest.mark.parametrize("mirror", [False, True])
def test_facts_move_with_the_solid(mirror: bool):
    shape = _countersunk()
    before = _facts(shape)
    move = gp_Trsf()
    if mirror:
        move.SetMirror(gp_Ax2(gp_Pnt(1, 2, 3), gp_Dir(1, 2, 2)))
        after = _facts(BRepBuilderAPI_Transform(shape, move).Shape())
    else:
        move.SetRotation(gp_Ax1(gp_Pnt(1, 2, 3), gp_Dir(1, 2, 2)), 1.0)
        after = _facts(shape.Moved(TopLoc_Location(move)))
    for name in ("surface", "sense", "loops", "area", "radius", "second", "around", "along"):
        assert sorted(after.faces[name]) == pytest.approx(sorted(before.faces[name])), name
    for name in ("curve", "length", "radius", "bend"):
        assert sorted(after.joints[name]) == pytest.approx(sorted(before.joints[name])), name


def test_bend_is_known_where_no_formula_describes_the_surface():
    result = execution.run(
        CadProgram(
            "import cadquery as cq\n"
            "side = cq.Workplane().moveTo(0, 0).lineTo(4, 0)\n"
            "side = side.spline([(5, 1), (4, 3)], includeCurrent=True).lineTo(0, 3)\n"
            "result = side.close().extrude(2)\n"
        )
    )
    assert result.solid is not None
    assert result.solid.facts is not None
    faces, joints = result.solid.facts
    assert np.count_nonzero(faces["surface"] == Surface.OTHER) == 1
    assert len(joints) == 12
    assert (joints["bend"] > 0.5).all()


def _facts(shape: TopoDS_Shape) -> Facts:
    read = facts(shape, (0, 0, 0, 10, 10, 10))
    assert read is not None
    return read


def _plate() -> TopoDS_Shape:
    return BRepPrimAPI_MakeBox(10, 10, 3).Shape()


def _drilled() -> TopoDS_Shape:
    return BRepAlgoAPI_Cut(_plate(), BRepPrimAPI_MakeCylinder(AXIS, 2, 3).Shape()).Shape()


def _countersunk() -> TopoDS_Shape:
    return BRepAlgoAPI_Cut(_drilled(), BRepPrimAPI_MakeCone(AXIS, 4, 1, 3).Shape()).Shape()


def _is_upright(edge: TopoDS_Shape) -> bool:
    from OCP.BRepAdaptor import BRepAdaptor_Curve

    curve = BRepAdaptor_Curve(TopoDS.Edge_s(edge))
    return bool(abs(curve.Line().Direction().Z()) > 0.9)
