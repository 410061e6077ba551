"""The manual says nothing that is not so: commands, keys, links, tests, error messages."""

import ast
import re
from collections.abc import Iterator
from functools import cache, reduce
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cadvlm.config.base import keys, merge, nest
from manual import figures, settings
from manual.commands import HOLE, Command, blocks, commands
from manual.commands import keys as named
from manual.settings import JOBS, settings_of
from manual.tutorial import SUBMIT
from tests.house.tree import PACKAGES, ROOT, files, name

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SAID = [*PAGES, *files("*.yaml", "jobs", "tune", "cluster"), *files("*.py", "jobs")]
"""Wherever a person reads how to run something."""


def _said(path: Path) -> list[Command]:
    text = path.read_text()
    if path.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
    return [command for command in commands(text) if _has_settings(command.module)]


def _has_settings(module: str) -> bool:
    return module.startswith("jobs.") or module == "cluster.doctor"


@pytest.mark.parametrize("path", SAID, ids=name)
def test_every_command_that_is_told_is_accepted(path):
    for command in _said(path):
        tree, whole = _tree(command.layers)
        try:
            settings_of(command.module).model_validate(tree)
        except ValidationError as error:
            wrong = [one for one in error.errors() if _is_wrong(one, whole)]
            assert not wrong, f"{name(path)}:{command.line}: {command.words}: {wrong}"


def _tree(layers: list[str]) -> tuple[dict, bool]:
    """What the layers come to, and whether nothing of them is for the reader to fill in."""
    trees, whole = [], True
    for layer in layers:
        key, is_key, value = layer.partition("=")
        if is_key:
            trees.append(nest(key, "DOTS" if value in ("...", "…") else yaml.safe_load(value)))
        elif HOLE.search(layer):
            whole = False
        else:
            named = ROOT / "studies" / "configs" / f"{layer}.yaml"
            file = named if named.exists() else ROOT / layer
            trees.append(yaml.safe_load(file.read_text()))
    return reduce(merge, trees, {}), whole


def _is_wrong(error: dict, whole: bool) -> bool:
    """A key that does not exist always is; what is missing may be in a layer that is a hole."""
    if error["type"] == "extra_forbidden":
        return True
    return whole and not HOLE.search(str(error["input"])) and error["type"] != "missing"


def test_what_is_wrong_is_found():
    for words in (["lrr=1"], ["epochs=many"], ["optimizer.lrate=1", "FILE.yaml"]):
        tree, whole = _tree(words)
        with pytest.raises(ValidationError) as caught:
            settings_of("jobs.train").model_validate(tree)
        assert any(_is_wrong(one, whole) for one in caught.value.errors()), words


@cache
def _known() -> tuple[set[str], set[str]]:
    """Keys of all jobs and their branches; where any key may stand."""
    every = [key for job in JOBS for key in keys(settings_of(f"jobs.{job}"))]
    every += keys(settings_of("cluster.doctor"))
    plain = [(key.name.replace("[]", ""), key.type) for key in every]
    branches = {name[: dot.start()] for name, _ in plain for dot in re.finditer(r"\.", name)}
    mappings = {name for name, type in plain if type.startswith(("mapping", "dict"))}
    return {name for name, _ in plain} | branches, mappings


ELSEWHERE = {"key", "n"}
"""``key=value`` that is no setting of a job."""
FILES = {"html", "json", "jsonl", "md", "parquet", "png", "py", "yaml"}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_key_that_is_named_exists(path):
    known, mappings = _known()
    tops = {key.partition(".")[0] for key in known}
    unknown = []
    for key in named(path.read_text()):
        if "." in key and (key.partition(".")[0] not in tops or _is_file_or_code(key)):
            continue  # or a metric
        inside = any(key.startswith(f"{mapping}.") for mapping in mappings)
        inside |= any(one.endswith(f".{key}") for one in known)  # of a branch that is the subject
        if key not in known and not inside and key not in ELSEWHERE:
            unknown.append(key)
    assert not unknown, f"{name(path)}: {unknown}"


def _is_file_or_code(key: str) -> bool:
    """``report.html``, ``cluster.doctor``, ``serve.running.deploy``."""
    parts = key.split(".")
    modules = (ROOT / "/".join(parts[:count]) for count in range(2, len(parts) + 1))
    return parts[-1] in FILES or any(path.with_suffix(".py").exists() for path in modules)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        to, _, anchor = target.partition("#")
        page = (path.parent / to).resolve() if to else path
        assert page.exists(), f"{name(path)}: {target}"
        assert not anchor or anchor in _anchors(page), f"{name(path)}: {target}"


@cache
def _anchors(page: Path) -> set[str]:
    """Headings as Python-Markdown names them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    words = (re.sub(r"[^\w\s-]", "", head).strip().lower() for head in heads)
    return {re.sub(r"[-\s]+", "-", word) for word in words}


def test_every_page_is_in_the_menu_once_and_every_job_has_one():
    tree = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    menu = list(_leaves(tree["nav"]))
    generated = [f"reference/settings/{job}.md" for job in (*JOBS, "doctor")]
    written = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    generated += ["reference/http/inference.md", "reference/http/training.md"]
    generated += ["reference/dependencies.md"]
    assert sorted(menu) == sorted([*written, *generated])
    assert {f"jobs/{job}.md" for job in JOBS} <= set(menu)


def _leaves(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    else:
        for one in node.values() if isinstance(node, dict) else node:
            yield from _leaves(one)


def test_every_file_of_ours_that_is_named_exists():
    folders = "docs|tests|jobs|tune|cluster|bench|manual|serve|studies|cadvlm"
    pattern = rf"(?<!\.\./)\b((?:{folders})/[\w./]+\.\w+)(?:::(\w+))?"
    missing = set()
    for path in [*PAGES, ROOT / "CHANGELOG.md", *files("*.py", *PACKAGES)]:
        file = ""
        for one, test, more in re.findall(pattern + r"|`::(\w+)", path.read_text()):
            file = one or file
            if (path.parent / file).exists():
                continue  # a link from page to page
            if not (ROOT / file).exists():
                missing.add(f"{name(path)}: {file}")
            elif (wanted := test or more) and f"def {wanted}(" not in (ROOT / file).read_text():
                missing.add(f"{name(path)}: {file}::{wanted}")
    assert not missing


def test_every_message_that_is_explained_is_one_of_ours():
    page = (ROOT / "docs/troubleshooting.md").read_text()
    known = _messages()
    told = [a or b for a, b in re.findall(r"\*\*``(.+?)``\*\*|\*\*`([^`\n]+)`\*\*", page)]
    assert len(told) > 30
    for message in told:
        pieces = [re.escape(piece) for piece in re.split(r"\s*…\s*", message) if piece]
        pattern = re.compile(".*?".join(pieces), re.S)
        assert any(pattern.search(one) for one in known), message


def _messages() -> list[str]:
    """Every string of ours, with a mark where a value is put in."""
    found = [(ROOT / "Makefile").read_text()]
    for path in files("*.py", *PACKAGES):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "docs/tutorials").glob("*.md")), ids=name)
def test_tutorials_run_small_what_can_be_made_small(path):
    found = list(blocks(path))
    assert found
    for block in found:
        how, _, words = block.note.partition(" ")
        assert how in ("", "small", "check", "serve", "instead", "skip"), block
        if how == "small":
            [command] = commands(f"{block.code.rstrip()} {words}")
            tree, _ = _tree(command.layers)
            settings_of(command.module).model_validate(tree)
        if how == "check":
            assert block.code.removeprefix(SUBMIT).startswith("python -m "), block


def test_the_reference_has_every_key():
    for job in JOBS:
        page = settings.page(f"jobs.{job}")
        for key in keys(settings_of(f"jobs.{job}")):
            assert f"</a>`{key.name}` *" in page


def test_the_metrics_that_are_shown_are_those_that_are_measured():
    page = (ROOT / "docs/metrics.md").read_text()
    for line in figures.table(figures.cases()):
        assert line in page
