"""The routes of the inference endpoint, and what they answer."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ray.serve
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from ray.serve.handle import DeploymentHandle

from cadvlm.geometry.solid import Solid
from cadvlm.scoring.agreement import Picture
from serve import chat, errors, pictures
from serve.answer import GenerateResponse, answer, preferred
from serve.artifacts import Artifacts
from serve.builder import Built
from serve.candidates import Candidates, asked, choose
from serve.config import ServeConfig, Weights
from serve.door import Door, body, limited
from serve.errors import Refused
from serve.events import event, stream
from serve.generator import Ask
from serve.page import PAGE, PAGE_POLICY, VIEW_POLICY
from serve.request import FormRequest, JsonRequest, Options, decode, read
from serve.selection import Choice

MEDIA_TYPES = {
    ".step": "model/step",
    ".stl": "model/stl",
    ".glb": "model/gltf-binary",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}


_BODIES = body(("multipart/form-data", FormRequest), ("application/json", JsonRequest))
_CHAT = body(("application/json", chat.ChatRequest))

# Ray Serve's own logger, so that its lines are in the replica's log.
LOG = logging.getLogger("ray.serve.cadvlm")


class Inference:
    """Takes pictures, asks the generator and the builder, and keeps the files of the answers."""

    def __init__(
        self, config: ServeConfig, generator: DeploymentHandle, builder: DeploymentHandle
    ) -> None:
        self._config, self._generator, self._builder = config, generator, builder
        self._artifacts = Artifacts(
            config.artifacts_mb * 2**20, config.artifacts_ttl_s, self._files
        )
        self._door = Door(config)
        self._weights: Weights = config
        self._since = int(time.time())

    def reconfigure(self, weights: dict[str, Any]) -> None:
        """Other weights are served; Ray Serve calls it at the start and ever after."""
        self._weights = Weights.parse(weights)
        self._since = int(time.time())

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The routes; Ray Serve calls this in the replica, once it is constructed."""
        LOG.setLevel(logging.INFO)
        api = self._door.api("cadvlm", __doc__, LOG)
        api.get("/", response_class=HTMLResponse)(self.page)
        api.get("/healthz")(self.healthz)
        api.get("/v1/models")(self.models)
        api.get("/v1/artifacts/{id}/{name}", response_class=Response)(self.artifact)
        generated = api.post("/v1/generate", openapi_extra=_BODIES, response_model=GenerateResponse)
        generated(self.generate)
        api.post("/v1/chat/completions", openapi_extra=_CHAT, response_model=None)(self.complete)
        return api

    async def drain(self, most_s: float) -> int:
        """Let nobody in any more and wait for those inside; how many are left after so long."""
        return await self._door.turns.drain(most_s)

    async def page(self) -> HTMLResponse:
        """The page for people."""
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": PAGE_POLICY})

    async def healthz(self) -> JSONResponse:
        """200 when the model is loaded and programs can be run, 503 before and at the end."""
        if self._door.turns.closed:
            return JSONResponse(errors.body("draining", "about to stop"), 503)
        waiting = await asyncio.to_thread(_not_running)
        if waiting:
            error = errors.body("loading", f"not ready: {', '.join(waiting)}")
            return JSONResponse(error, 503, {"Retry-After": "1"})
        return JSONResponse({"status": "ok", "model": self._weights.model_name})

    async def models(self) -> dict[str, Any]:
        """The base and the adapters that a request can name, as OpenAI's clients expect them."""
        about = {"object": "model", "created": self._since, "owned_by": "cadvlm"}
        return {"object": "list", "data": [{"id": id, **about} for id in self._weights.models]}

    async def generate(self, request: Request) -> Response:
        """Write programs for the pictures of a part, run them, and answer with the best one."""
        async with self._door.served():
            options, images = await read(request, self._config)
            adapter = self._adapter(options.model)
            self._charge(request, options)
            how = options.samplings(self._config)
            ask = Ask(self._config.prompt, images, how, adapter, options.stream)
            if options.stream:
                return stream(self._pieces(request, ask))
            async with await self._candidates(ask) as candidates:
                await candidates.write()
                best = await self._finished(request, candidates)
            return JSONResponse(best.model_dump(mode="json"))

    async def complete(self, request: Request) -> Response:
        """The same in OpenAI's words; see :mod:`serve.chat`."""
        async with self._door.served():
            asked = chat.parse(await limited(request, self._config).body())
            adapter = self._adapter(asked.model)
            options = asked.options
            options.check(self._config)
            images = await decode(pictures.from_text, asked.images, self._config, "messages")
            self._charge(request, options)
            prompt, how = asked.prompt or self._config.prompt, options.samplings(self._config)
            ask = Ask(prompt, images, how, adapter, asked.stream)
            words = chat.Completion(secrets.token_hex(12), asked.model, int(time.time()))
            if asked.stream:
                counted = asked.stream_options is not None and asked.stream_options.include_usage
                return stream(self._chunks(request, ask, words, counted))
            async with await self._candidates(ask) as candidates:
                await candidates.write()
                best = await self._finished(request, candidates)
            order = preferred(best)
            return JSONResponse(
                words.whole(
                    [best.candidates[index].code for index in order],
                    [candidates.ended(index) for index in order],
                    chat.usage(candidates.num_read, candidates.num_written),
                    best.model_dump(mode="json"),
                )
            )

    async def _pieces(self, request: Request, ask: Ask) -> AsyncGenerator[bytes, None]:
        """Programs as they are written, then the answer."""
        async with self._door.served(), await self._candidates(ask) as candidates:
            async for piece in candidates.pieces():
                yield event({"piece": piece._asdict()})
            best = await self._finished(request, candidates)
            yield event({"answer": best.model_dump(mode="json")})

    async def _chunks(
        self, request: Request, ask: Ask, words: chat.Completion, counted: bool
    ) -> AsyncGenerator[bytes, None]:
        """A program as it is written; when it was run, what became of it."""
        yield words.chunk({"role": "assistant", "content": ""})
        fencing = chat.Fencing()
        async with self._door.served(), await self._candidates(ask) as candidates:
            async for piece in candidates.pieces():
                if text := fencing.feed(piece.text):
                    yield words.chunk({"content": text})
            if text := fencing.finish():
                yield words.chunk({"content": text})
            best = await self._finished(request, candidates)
        yield words.chunk({}, candidates.ended(0), cadvlm=best.model_dump(mode="json"))
        if counted:
            yield words.usage(chat.usage(candidates.num_read, candidates.num_written))

    async def artifact(self, id: str, name: str) -> Response:
        """A file of an answer, for as long as it is kept."""
        content = await self._artifacts.get(id, name)
        if content is None:
            raise Refused(404, "not_found", "no such file: unknown, expired or crowded out", "id")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
        if name == "view.html":
            headers["Content-Security-Policy"] = VIEW_POLICY
        return Response(content, headers=headers, media_type=MEDIA_TYPES[Path(name).suffix])

    def _adapter(self, model: str | None) -> str | None:
        """Which adapter a client's ``model`` is."""
        if model is None or model == self._weights.model_name:
            return None
        if model not in self._weights.adapters:
            message = f"model {model!r} is not here; there is {', '.join(self._weights.models)}"
            raise Refused(404, "model_not_found", message, "model")
        return model

    def _charge(self, request: Request, options: Options) -> None:
        request.state.audit["n"] = options.n
        self._door.charge(request, options.n)

    async def _candidates(self, ask: Ask) -> Candidates:
        seen = await asyncio.to_thread(lambda: [Picture.of(image) for image in ask.images])
        shown = [picture for picture in seen if picture is not None]
        return Candidates(ask, shown, self._generator, self._builder, self._config.corrections)

    async def _finished(self, request: Request, candidates: Candidates) -> GenerateResponse:
        """The answer, once all programs are written."""
        written_s = candidates.elapsed_s
        builds = await candidates.built()
        choice = choose(builds)
        best = builds[choice.number]
        id = secrets.token_hex(12)
        if best.solid is not None:
            self._artifacts.put(id, best.solid, best.seen_from)
        request.state.audit |= {"answer": id, "valid": best.solid is not None}
        timings = {
            "generate_s": written_s,
            "build_s": candidates.elapsed_s - written_s,
            "total_s": candidates.elapsed_s,
        }
        self._count(candidates, builds, choice, timings)
        return answer(id, builds, choice, timings)

    async def _files(self, solid: Solid, view: str) -> dict[str, bytes]:
        files: dict[str, bytes] = await asked(self._builder, "files", solid, view)
        return files

    def _count(
        self,
        candidates: Candidates,
        builds: Sequence[Built],
        choice: Choice,
        timings: Mapping[str, float],
    ) -> None:
        count = self._door.measures
        repaired = sum(bool(built.changes) for built in builds)
        count.answer(choice.rule, [built.status for built in builds], repaired)
        count.tokens(candidates.num_read, candidates.num_written)
        count.stage("generate", timings["generate_s"])
        count.stage("build", timings["build_s"])


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
