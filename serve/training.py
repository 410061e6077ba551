"""The training API: datasets and fine-tuning by HTTP.

Every dataset and every run is a Ray job that runs ``jobs.prepare`` or ``jobs.train``. This server
remembers nothing: Ray knows the jobs, the storage knows what has come of them. So it can be stopped
and started at any time, and a job that was stopped goes on when the same is asked for again.
"""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import ray
import uvicorn
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from cadvlm.config.base import Config
from cadvlm.config.data import PrepareConfig
from cadvlm.data.sources import reader
from cadvlm.dataset import Dataset
from cadvlm.errors import InputError
from cluster.ports import refuse_taken_port
from serve import designs, upload
from serve.asked import DatasetRequest, FinetuneRequest, UploadForm
from serve.config import TrainingConfig
from serve.door import Door, arguments, body, limited
from serve.errors import Refused, explained
from serve.job import JobAnswer, JobList, answer, plain, reason
from serve.shelf import MANIFEST, NAME, SUMMARY, Shelf
from serve.stages import DATASET, FINETUNE
from serve.submission import Jobs, State

HUB_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*"

LOG = logging.getLogger("cadvlm.training")

M = TypeVar("M", bound=BaseModel)


class Submitted(BaseModel):
    """A job that has begun."""

    job_id: str
    status: State = State.PENDING
    message: str
    dataset_name: str | None = None
    model_count: int | None = None
    run_name: str | None = None


class Training:
    """The routes; every one asks Ray and the storage anew."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._door = Door(config)
        self._shelf = Shelf(config)
        self._jobs = Jobs(config.python)
        self._submitting = asyncio.Lock()

    def application(self) -> FastAPI:
        """The ASGI application."""
        api = self._door.api("cadvlm training", __doc__, LOG)
        get, post = api.get, api.post
        get("/healthz")(self.healthz)
        files = body(("multipart/form-data", UploadForm))
        post("/training/datasets/upload", status_code=201, openapi_extra=files)(self.add_files)
        begun: dict[str, Any] = {"status_code": 202, "response_model_exclude_none": True}
        create, start = arguments(DatasetRequest), arguments(FinetuneRequest)
        post("/training/datasets/create", openapi_extra=create, **begun)(self.create_dataset)
        post("/training/finetune/start", openapi_extra=start, **begun)(self.finetune)
        get("/training/datasets")(self.datasets)
        get("/training/finetune/status")(self.status)
        get("/training/finetune/checkpoints")(self.checkpoints)
        get("/jobs", response_model_exclude_unset=True)(self.jobs)
        get("/jobs/{id}", response_model_exclude_unset=True)(self.job)
        post("/jobs/{id}/cancel", response_model_exclude_unset=True)(self.cancel)
        get("/jobs/{id}/logs", response_class=PlainTextResponse)(self.logs)
        return api

    async def healthz(self) -> Response:
        """200 when jobs can be submitted, 503 when the cluster does not answer."""
        jobs = await asyncio.to_thread(self._jobs.all)
        running = sum(not job.state.is_over for job in jobs)
        return JSONResponse({"status": "ok", "jobs": running})

    async def add_files(self, request: Request) -> upload.Upload:
        """Keep a folder of design files, to be named as ``source_folder`` afterwards."""
        async with self._door.served():
            bounded = limited(request, self._config)
            async with bounded.form(max_files=self._config.max_files, max_fields=10) as form:
                name = _checked(UploadForm, {"name": form.get("name")}).name
                files = await upload.read(form, self._config)
            return await asyncio.to_thread(upload.keep, name, files, self._shelf.uploads / name)

    async def create_dataset(self, request: Request) -> Submitted:
        """Turn a folder of design files into pictures and programs."""
        asked = await self._asked(request, DatasetRequest)
        out = self._shelf.dataset(asked.name)
        config, parts, shards = await asyncio.to_thread(self._plan, asked, out.uri)
        async with self._submitting:
            await self._refuse_twice(DATASET, asked.name, out.exists(MANIFEST))
            id = await self._submit(
                request, "jobs.prepare", config, DATASET, asked.name, shards=str(shards)
            )
        return Submitted(
            job_id=id,
            dataset_name=asked.name,
            model_count=parts,
            message=f"a dataset of {parts} parts was begun",
        )

    async def finetune(self, request: Request) -> Submitted:
        """Fine-tune a model on a dataset."""
        asked = await self._asked(request, FinetuneRequest)
        model = self._model(asked.base_model)
        dataset = await asyncio.to_thread(self._dataset, asked.dataset_name)
        name = asked.run_name or f"{asked.dataset_name[:60]}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        out = self._shelf.run(name)
        config = asked.settings(dataset, out.uri, model, self._config.train)
        async with self._submitting:
            await self._refuse_twice(FINETUNE, name, out.exists(SUMMARY))
            id = await self._submit(
                request, "jobs.train", config, FINETUNE, name, epochs=str(config.epochs)
            )
        return Submitted(job_id=id, run_name=name, message=f"run {name} was begun")

    async def datasets(self) -> dict[str, Any]:
        """The finished ones."""
        datasets = await asyncio.to_thread(self._shelf.datasets)
        return {"total": len(datasets), "datasets": datasets}

    async def checkpoints(self) -> dict[str, Any]:
        """Of finished runs: models that ``jobs.deploy`` and ``base_model`` take."""
        checkpoints = await asyncio.to_thread(self._shelf.checkpoints)
        return {"total": len(checkpoints), "checkpoints": checkpoints}

    async def status(self) -> dict[str, Any]:
        """Whether there is anything to train on, and what."""
        resources = await asyncio.to_thread(ray.cluster_resources)
        gpus = int(resources.get("GPU", 0))
        return {
            "ready": resources.get("CPU", 0) >= 1,
            "device": "cuda" if gpus else "cpu",
            "gpus": gpus,
            "cpus": int(resources.get("CPU", 0)),
            "base_models": sorted(self._config.base_models),
            "hub": self._config.hub,
        }

    async def jobs(self) -> JobList:
        """All that Ray remembers."""
        jobs = await asyncio.to_thread(self._jobs.all)
        answers = [await asyncio.to_thread(answer, job, self._shelf) for job in jobs]
        return JobList(total=len(jobs), jobs=answers)

    async def job(self, id: str) -> JobAnswer:
        """How far a job is; of one that failed, why."""
        job = await asyncio.to_thread(self._jobs.find, id)
        told = await asyncio.to_thread(answer, job, self._shelf)
        if job.state is State.FAILED:
            told.error = reason(await asyncio.to_thread(self._jobs.logs, id)) or told.error
        return told

    async def cancel(self, id: str) -> JobAnswer:
        """Stop a job. What it has written is kept, and the same request goes on with it."""
        job = await asyncio.to_thread(self._jobs.find, id)
        if job.state.is_over:
            raise Refused(409, "conflict", f"the job has {job.state} already", "id")
        await asyncio.to_thread(self._jobs.stop, id)
        return await self.job(id)

    async def logs(self, id: str, tail: int | None = Query(None, ge=1)) -> PlainTextResponse:
        """What a job has printed so far, or the last lines of it."""
        await asyncio.to_thread(self._jobs.find, id)
        lines = plain(await asyncio.to_thread(self._jobs.logs, id)).splitlines()
        return PlainTextResponse("".join(f"{line}\n" for line in lines[-(tail or 0) :]))

    async def _asked(self, request: Request, model: type[M]) -> M:
        """What is asked for, by query or by JSON body."""
        async with self._door.served():
            tree: dict[str, Any] = dict(request.query_params)
            if given := await limited(request, self._config).body():
                try:
                    tree |= _TREE.validate_json(given)
                except ValidationError as error:
                    raise explained(error) from None
            return _checked(model, tree)

    def _plan(self, asked: DatasetRequest, out: str) -> tuple[PrepareConfig, int, int]:
        """The settings of a dataset, and of how many parts and shards it is."""
        folder = self._shelf.source(asked.source_folder)
        try:
            sources = designs.sources(folder)
            config = asked.settings(sources, out, self._config.prepare)
            found = [
                len(items)
                for source in config.sources
                for items in reader(source.name).shards(source, config.shard_rows)
            ]
        except InputError as error:
            # The message names the folder; its place on the server is nobody's business.
            reason = str(error).replace(folder.uri, asked.source_folder)
            raise Refused(404, "not_found", f"source_folder: {reason}", "source_folder") from None
        return config, sum(found), len(found)

    def _dataset(self, name: str) -> str:
        """A dataset to learn from."""
        folder = self._shelf.dataset(name)
        if not folder.exists(MANIFEST):
            message = f"dataset_name: no finished dataset {name!r}"
            raise Refused(404, "not_found", message, "dataset_name")
        if not Dataset(folder.uri).manifest["statistics"]["n_tokens"]:
            message = f"dataset_name: {name!r} holds shapes without programs, nothing to learn from"
            raise Refused(422, "invalid_request", message, "dataset_name")
        return folder.uri

    def _model(self, name: str | None) -> str | None:
        """What a client's ``base_model`` is."""
        if name is None or name in self._config.base_models:
            return self._config.base_models.get(name or "")
        if self._config.hub and re.fullmatch(HUB_ID, name):
            return name
        if re.fullmatch(NAME, name) and (run := self._shelf.run(name)).exists(SUMMARY):
            return run.uri
        known = ", ".join(self._config.base_models) or "none by name"
        message = f"base_model: {name!r} is neither one of this server's ({known}) nor a run"
        raise Refused(404, "model_not_found", message, "base_model")

    async def _refuse_twice(self, kind: str, name: str, finished: bool) -> None:
        """Nothing is begun that is there, or on its way; and only so much at a time."""
        if finished:
            raise Refused(409, "conflict", f"{name!r} is there already; give another name", "name")
        jobs = await asyncio.to_thread(self._jobs.all)
        busy = [job for job in jobs if not job.state.is_over]
        if any((job.kind, job.name) == (kind, name) for job in busy):
            raise Refused(409, "conflict", f"a job is making {name!r} already", "name")
        if len(busy) >= self._config.max_jobs:
            message = f"{len(busy)} jobs run or wait, at most {self._config.max_jobs} may"
            raise Refused(429, "overloaded", message, retry_s=60)

    async def _submit(
        self, request: Request, module: str, config: Config, kind: str, name: str, **about: str
    ) -> str:
        self._door.charge(request, 1)
        by: Callable[..., str] = self._jobs.submit
        id = await asyncio.to_thread(by, module, config, kind, name, **about)
        self._door.measures.job(kind)
        request.state.audit["job"] = id
        return id


_TREE = TypeAdapter(dict[str, Any])


def _checked(model: type[M], tree: dict[str, Any]) -> M:
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise explained(error) from None


@contextmanager
def listening(config: TrainingConfig) -> Iterator[str]:
    """The address of the training API, as long as the context lasts; who is being answered at its
    end is answered. Needs a Ray session.

    Raises:
        InputError: the port is taken, or there is no good key in the file.
    """
    refuse_taken_port(config.host, config.port)
    LOG.setLevel(logging.INFO)
    LOG.addHandler(logging.StreamHandler())
    server = uvicorn.Server(
        uvicorn.Config(
            Training(config).application(),
            host=config.host,
            port=config.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(config.budget_s),
        )
    )
    thread = threading.Thread(target=server.run)  # outside the main one it leaves signals alone
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.05)
    try:
        yield f"http://{config.host}:{config.port}"
    finally:
        server.should_exit = True
        thread.join()
