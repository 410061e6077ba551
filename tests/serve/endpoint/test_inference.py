from __future__ import annotations

import base64
import re
from typing import Any

import httpx
import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.records import CadProgram
from cadvlm.render.png import encode
from cadvlm.render.shaded import draw
from tests.parts import BOX
from tests.serve.images import picture
from tests.serve.taught import LYING, UPRIGHT

pytestmark = [pytest.mark.ray, pytest.mark.slow]

PNG = picture()
BASE64 = base64.b64encode(PNG).decode()


@pytest.fixture(scope="module")
def answer(endpoint: httpx.Client) -> dict[str, Any]:
    response = endpoint.post("/v1/generate", files={"image": PNG})
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_healthz_says_which_model_is_loaded(endpoint: httpx.Client) -> None:
    response = endpoint.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "model": "box"})


def test_models_is_an_openai_list(endpoint: httpx.Client) -> None:
    body = endpoint.get("/v1/models").json()
    assert body["object"] == "list"
    assert [(model["id"], model["object"]) for model in body["data"]] == [("box", "model")]


def test_a_picture_is_answered_with_code_and_its_solid(answer: dict[str, Any]) -> None:
    assert answer["code"] == BOX.program.code
    assert (answer["valid"], answer["status"], answer["error"]) == (True, "ok", None)
    assert answer["language"] == "cadquery"
    assert answer["selected_by"] == "only_candidate"
    assert answer["solid"] == {
        "volume": pytest.approx(BOX.volume),
        "bbox": pytest.approx(BOX.bbox),
        "n_faces": BOX.n_faces,
    }
    assert answer["timings"]["total_s"] >= answer["timings"]["generate_s"] > 0


@pytest.mark.parametrize(
    ("kind", "media_type", "start"),
    [
        ("step", "model/step", b"ISO-10303-21;"),
        ("stl", "model/stl", b""),
        ("glb", "model/gltf-binary", b"glTF"),
        ("png", "image/png", b"\x89PNG"),
        ("svg", "image/svg+xml", b"<svg "),
    ],
)
def test_artifacts_can_be_fetched(
    endpoint: httpx.Client, answer: dict[str, Any], kind: str, media_type: str, start: bytes
) -> None:
    response = endpoint.get(answer["artifacts"][kind])
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.content.startswith(start)


def test_the_3d_view_may_reach_nothing(endpoint: httpx.Client, answer: dict[str, Any]) -> None:
    response = endpoint.get(f"/v1/artifacts/{answer['id']}/view.html")
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_json_with_base64_gives_the_same_answer(
    endpoint: httpx.Client, answer: dict[str, Any], prefix: str
) -> None:
    body = {"images": [prefix + BASE64], "language": "cadquery", "n": 1, "seed": 3}
    response = endpoint.post("/v1/generate", json=body)
    assert response.json()["code"] == answer["code"]


def test_a_program_that_does_not_build_is_an_answer(endpoint: httpx.Client) -> None:
    response = endpoint.post("/v1/generate", json={"images": [BASE64], "max_new_tokens": 2})
    body = response.json()
    assert response.status_code == 200
    assert (body["valid"], body["solid"], body["artifacts"]) == (False, None, {})
    assert body["status"] != "ok"
    assert body["error"]


def test_several_candidates_are_all_run(endpoint: httpx.Client) -> None:
    data = {"n": "3", "temperature": "0.1", "seed": "0"}
    body = endpoint.post("/v1/generate", files={"image": PNG}, data=data).json()
    valid = [candidate["valid"] for candidate in body["candidates"]]
    assert len(valid) == 3
    assert any(valid)
    assert body["selected_by"] == "only_candidate"  # the model knows one program by heart
    assert body["code"] == body["candidates"][body["selected"]]["code"]


def test_the_first_of_several_candidates_is_what_one_alone_would_be(
    endpoint: httpx.Client, answer: dict[str, Any]
) -> None:
    body = endpoint.post("/v1/generate", files={"image": PNG}, data={"n": "2"}).json()
    assert body["candidates"][0]["code"] == answer["code"]


@pytest.mark.parametrize("code", [UPRIGHT, LYING])
def test_the_candidate_that_agrees_with_the_picture_is_selected(
    endpoint: httpx.Client, code: str
) -> None:
    with Sandbox() as sandbox:
        solid = sandbox.run(CadProgram(code)).solid
    assert solid is not None
    data = {"n": "16", "temperature": "1", "seed": "1"}
    body = endpoint.post("/v1/generate", files={"image": encode(draw(solid))}, data=data).json()
    scores = {one["code"]: one["score"] for one in body["candidates"] if one["valid"]}
    assert scores.keys() >= {UPRIGHT, LYING}
    assert (body["code"], body["selected_by"]) == (code, "agreement")
    assert body["agreement"]["score"] == pytest.approx(max(scores.values()), abs=1e-4)
    assert "silhouette" in body["reason"]


def test_a_seed_repeats_a_sample(endpoint: httpx.Client) -> None:
    ask = {"images": [BASE64], "temperature": 2.0, "seed": 5, "max_new_tokens": 16}
    first, second = (endpoint.post("/v1/generate", json=ask).json()["code"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1/artifacts/0/part.step", "/v1/artifacts/0/..%2F..%2Fetc%2Fpasswd"]
)
def test_what_is_not_there_is_404(endpoint: httpx.Client, path: str) -> None:
    response = endpoint.get(path)
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "not_found"


def test_the_wrong_method_is_405(endpoint: httpx.Client) -> None:
    assert endpoint.get("/v1/generate").json()["error"]["type"] == "method_not_allowed"


def test_the_page_is_served_and_locked_down(endpoint: httpx.Client) -> None:
    response = endpoint.get("/")
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert re.search(r"default-src 'none'; script-src 'sha256-[^']+';", policy)


def test_openapi_describes_both_bodies(endpoint: httpx.Client) -> None:
    paths = endpoint.get("/openapi.json").json()["paths"]
    content = paths["/v1/generate"]["post"]["requestBody"]["content"]
    assert content.keys() == {"multipart/form-data", "application/json"}
    assert {"/", "/healthz", "/v1/models", "/v1/artifacts/{id}/{name}"} < paths.keys()
    chat = paths["/v1/chat/completions"]["post"]["requestBody"]["content"]
    assert chat.keys() == {"application/json"}


def test_every_answer_says_which_request_it_is_of(endpoint: httpx.Client) -> None:
    ids = {endpoint.get(path).headers["x-request-id"] for path in ("/healthz", "/", "/nowhere")}
    assert len(ids) == 3
