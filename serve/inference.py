"""The routes of the inference endpoint, and what they answer."""

import asyncio
import secrets
import time
from pathlib import Path
from typing import Any

import ray.serve
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict
from ray.serve.handle import DeploymentHandle

from cadvlm.codegen.answer import program_text
from cadvlm.execution.result import Status
from cadvlm.records import CadProgram
from serve import errors
from serve.artifacts import Artifacts
from serve.builder import Built, Figures
from serve.config import ServeConfig
from serve.errors import Refused
from serve.generator import Ask
from serve.page import PAGE, PAGE_POLICY, VIEW_POLICY
from serve.request import FormRequest, JsonRequest, read

DOWNLOADS = {"step": "part.step", "stl": "part.stl", "glb": "part.glb", "png": "part.png"}
MEDIA_TYPES = {
    ".step": "model/step",
    ".stl": "model/stl",
    ".glb": "model/gltf-binary",
    ".png": "image/png",
    ".html": "text/html; charset=utf-8",
}


class Candidate(BaseModel):
    """One program and what became of it."""

    code: str
    valid: bool
    status: Status
    error: str | None


class GenerateResponse(BaseModel):
    """A program that was run. One that builds nothing is an answer too: ``valid`` says which."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    code: str
    language: str
    valid: bool
    status: Status
    """``ok``, or the class of the failure."""
    error: str | None
    """One line that says why there is no solid."""
    candidates: list[Candidate]
    selected_by: str
    """``only_candidate``, ``first_valid`` or ``none_valid``."""
    solid: Figures | None
    artifacts: dict[str, str]
    timings: dict[str, float]


# For the OpenAPI document; the handler reads the body by itself, and limits it.
_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": FormRequest.model_json_schema()},
            "application/json": {"schema": JsonRequest.model_json_schema()},
        },
    }
}


class Inference:
    """Takes pictures, asks the generator and the builder, and keeps the files of the answers."""

    def __init__(
        self, config: ServeConfig, generator: DeploymentHandle, builder: DeploymentHandle
    ) -> None:
        self._config, self._generator, self._builder = config, generator, builder
        self._artifacts = Artifacts(config.artifacts_mb * 2**20, config.artifacts_ttl_s)
        self._started = int(time.time())

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The routes; Ray Serve calls this in the replica, once it is constructed."""
        # No /docs: FastAPI's page loads its scripts from the network. /openapi.json is served.
        api = FastAPI(title="cadvlm", description=__doc__, docs_url=None, redoc_url=None)
        errors.install(api)
        api.get("/", response_class=HTMLResponse)(self.page)
        api.get("/healthz")(self.healthz)
        api.get("/v1/models")(self.models)
        api.get("/v1/artifacts/{id}/{name}", response_class=Response)(self.artifact)
        api.post("/v1/generate", openapi_extra=_BODIES)(self.generate)
        return api

    async def page(self) -> HTMLResponse:
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": PAGE_POLICY})

    async def healthz(self) -> JSONResponse:
        """200 when the model is loaded and programs can be run, 503 before."""
        waiting = await asyncio.to_thread(_not_running)
        if waiting:
            error = errors.body("loading", f"not ready: {', '.join(waiting)}")
            return JSONResponse(error, 503, {"Retry-After": "1"})
        return JSONResponse({"status": "ok", "model": self._config.model_name})

    async def models(self) -> dict[str, Any]:
        name = self._config.model_name
        model = {"id": name, "object": "model", "created": self._started, "owned_by": "cadvlm"}
        return {"object": "list", "data": [model]}

    async def generate(self, request: Request) -> GenerateResponse:
        """Write a program for the pictures of a part, and run it."""
        started = time.monotonic()
        options, images = await read(request, self._config)
        texts = await self._generator.generate.remote(
            Ask(
                images,
                n=options.n,
                max_new_tokens=options.max_new_tokens or self._config.max_new_tokens,
                temperature=options.sampling_temperature(),
                seed=options.seed,
            )
        )
        generated = time.monotonic()
        programs = [CadProgram(program_text(text)) for text in texts]
        builds = await asyncio.gather(*map(self._builder.build.remote, programs))
        timings = {
            "generate_s": generated - started,
            "build_s": time.monotonic() - generated,
            "total_s": time.monotonic() - started,
        }
        return self._answer(programs, builds, timings)

    async def artifact(self, id: str, name: str) -> Response:
        """A file of an answer, for as long as it is kept."""
        content = self._artifacts.get(id, name)
        if content is None:
            raise Refused(404, "not_found", "no such file: unknown, expired or crowded out", "id")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
        if name == "view.html":
            headers["Content-Security-Policy"] = VIEW_POLICY
        return Response(content, headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])

    def _answer(
        self, programs: list[CadProgram], builds: list[Built], timings: dict[str, float]
    ) -> GenerateResponse:
        valid = [built.status is Status.OK for built in builds]
        best = valid.index(True) if any(valid) else 0
        program, built = programs[best], builds[best]
        id = secrets.token_hex(12)
        if built.files:
            self._artifacts.put(id, built.files)
        return GenerateResponse(
            id=id,
            code=program.code,
            language=program.language,
            valid=valid[best],
            status=built.status,
            error=built.error,
            candidates=[
                Candidate(code=p.code, valid=ok, status=b.status, error=b.error)
                for p, b, ok in zip(programs, builds, valid, strict=True)
            ],
            selected_by=_selected_by(valid),
            solid=built.solid,
            artifacts={
                kind: f"/v1/artifacts/{id}/{name}"
                for kind, name in DOWNLOADS.items()
                if name in built.files
            },
            timings={name: round(seconds, 3) for name, seconds in timings.items()},
        )


def _selected_by(valid: list[bool]) -> str:
    if len(valid) == 1:
        return "only_candidate"
    return "first_valid" if any(valid) else "none_valid"


def _not_running() -> list[str]:
    """Deployments without a replica that has finished loading.

    The controller is asked, not the generator: it answers when the generator is busy, and knows
    when it has died.
    """
    name = ray.serve.get_replica_context().app_name
    deployments = ray.serve.status().applications[name].deployments
    return [
        name for name, status in deployments.items() if not status.replica_states.get("RUNNING")
    ]
