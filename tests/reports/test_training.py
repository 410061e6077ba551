"""The report of a run, as a file and in a browser as wide as a phone."""

import io
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from cadvlm.config.train import TrainConfig
from cadvlm.render.png import encode
from cadvlm.reports import training
from cadvlm.storage import Folder

SCHEMA = pa.schema(
    {
        "step": pa.int64(),
        **dict.fromkeys(("id", "status", "error"), pa.string()),
        "iou": pa.float64(),
        **dict.fromkeys(("text", "code"), pa.string()),
        **dict.fromkeys(("input", "reference", "prediction"), pa.binary()),
    }
)
CODE = 'import cadquery as cq\nresult = cq.Workplane("XY").box(1, 2, 3)\n'


def _row(step: int) -> dict:
    evaluated = {"val_loss": 1.2 + 3 / step, "sample": _rates(step)} if step % 100 == 0 else {}
    return {
        "step": step,
        "steps": 400,
        "epoch": step / 200,
        "loss": 0.6 + 3 / step,
        "lr": 1e-4,
        "grad_norm": 1.0,
        "skipped": 0,
        "samples_per_s": 10.0,
        "tokens_per_s": 12345.6,
        "mfu": None,
        "memory_gb": {"0": 1.0, "1": 1.1},
        "padding_share": 0.1,
        "data_wait_share": 0.01,
        "seconds": 3.0 * step,
        "sources": {"deepcad": {"samples": 8 * step, "share": 1.0, "epochs": step / 200}},
        **evaluated,
    }


def _rates(step: int) -> dict[str, float]:
    return {"n": 2, "syntax_valid_rate": 1.0, "execution_rate": step / 400, "iou": step / 800}


def _sample(step: int, part: str, status: str) -> dict:
    picture = encode(np.full((32, 32), 200, np.uint8))
    failed = {"error": "NameError: name '<b>' is not defined (line 2)", "iou": 0.0}
    outcome = {"iou": 0.5, "prediction": picture} if status == "ok" else failed
    return {
        "step": step, "id": part, "status": status, "text": CODE, "code": CODE,
        "input": picture, "reference": picture, **outcome,
    }  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Folder:
    """A run of which the last evaluation has one program that fails."""
    folder = Folder(str(tmp_path_factory.mktemp("runs") / "small"))
    settings = {
        "dataset": "runs/a-dataset-with-a-very-long-name-in-a-deep-folder/of-parts",
        "out": "o",
        "targets": {"val_loss": {"at_most": 1.0}, "sample/iou": {"at_least": 0.4}},
    }
    config = TrainConfig.parse(settings).model_dump(mode="json")
    folder.write("config.yaml", yaml.safe_dump(config))
    for step in (100, 200, 300, 400):
        fates = {"plate-7": "ok", "a-part-with-a-very-long-name-000123": "exception"}
        rows = [_sample(step, part, status) for part, status in fates.items()]
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), sink)
        folder.write(f"samples/step-{step:08}.parquet", sink.getvalue())
    training.write(folder, [_row(step) for step in range(10, 401, 10)])
    return folder


@pytest.fixture(scope="module")
def html(run) -> str:
    return run.read("report.html").decode()


def test_course_curves_samples_and_settings_are_there(html):
    for text in ("400 of 400 steps", "20 min 0 s", "Gradient norm", "batch_size: 128", "deepcad"):
        assert text in html.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert html.count('<svg class="plot"') == 7


def test_reference_and_answers_stand_side_by_side_in_the_order_of_the_steps(html):
    card = html[html.index("plate-7</div>") : html.index("a-part-with-a-very-long-name-000123</")]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", card)
    assert captions[:2] == ["shown", "reference"]
    assert [caption.partition(",")[0] for caption in captions[2:]] == [
        "step 100", "step 200", "step 300", "step 400",
    ]  # fmt: skip


def test_the_last_answer_is_shown_with_its_error(html):
    assert "name &#39;&lt;b&gt;&#39; is not defined" in html
    assert '<code class="failed" data-n="2"' in html


def test_warnings_come_with_advice_and_targets_with_verdicts(html):
    assert "Over-fitting" in html
    assert "lora.dropout" in html
    assert html.count(">met<") == 1
    assert html.count(">missed<") == 1


def test_a_run_that_has_just_begun_has_a_report(run, tmp_path):
    folder = Folder(str(tmp_path))
    folder.write("config.yaml", run.read("config.yaml"))
    training.write(folder, [_row(10)])
    html = folder.read("report.html").decode()
    assert "no evaluation yet" in html
    assert "under way" in html
    assert 'id="samples"' not in html


def test_a_phone_shows_it_without_scrolling_sideways(run, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=_chromium())
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"file://{run.path}/report.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#samples summary").last.click()
        assert page.locator("#samples pre").last.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()


def _chromium() -> str:
    import shutil

    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no Chromium here")
    return found
