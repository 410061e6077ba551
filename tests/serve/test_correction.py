"""Programs that fail, and are asked for again with their errors."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from transformers import AutoTokenizer

from cadvlm.config.execution import Limits
from cadvlm.records import PROMPT, CadProgram
from cluster.ports import free_ports
from serve.builder import Builder
from serve.config import ServeConfig
from serve.correction import correction
from tests.parts import BOX
from tests.serve.images import picture
from tests.serve.taught import teach

pytestmark = [pytest.mark.ray, pytest.mark.proof]

WRONG = BOX.program.code.replace("Workplane", "Workbench")
PICTURE = base64.b64encode(picture()).decode()


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that writes what fails, and knows better when it is told so."""
    folder = tmp_path_factory.mktemp("model") / "learner"
    builder = Builder(Limits())
    told = correction(PROMPT, builder.build(CadProgram(WRONG)))
    builder.close()
    teach(folder, [WRONG, BOX.program.code], [PROMPT, told])
    return folder


@pytest.fixture(scope="module")
def endpoint(ray_session: None, learner: Path) -> Iterator[httpx.Client]:
    from serve.running import deployed

    config = ServeConfig(
        checkpoint=str(learner), port=free_ports(1)[0], max_new_tokens=64, corrections=1
    )
    with deployed(config) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def test_what_fails_is_written_again_and_the_answer_says_so(endpoint: httpx.Client) -> None:
    answer = endpoint.post("/v1/generate", json={"images": [PICTURE]}).json()
    assert (answer["valid"], answer["code"]) == (True, BOX.program.code)
    assert answer["repaired"][0].startswith("written again: AttributeError")


def test_the_tokens_of_both_programs_are_counted(endpoint: httpx.Client, learner: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(learner)
    written = sum(len(tokenizer(code).input_ids) for code in (WRONG, BOX.program.code))
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
    body = {"model": "learner", "messages": [{"role": "user", "content": [image]}]}
    usage = endpoint.post("/v1/chat/completions", json=body).json()["usage"]
    assert usage["completion_tokens"] == written + 2  # and their ends
