"""The reference of routes: a page for each server, from the OpenAPI document it serves itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from manual import prose

Tree = Mapping[str, Any]


def pages() -> Iterator[tuple[str, str]]:
    """Paths below ``docs/`` and the Markdown of each. No server is started."""
    from serve.config import ServeConfig, TrainingConfig
    from serve.inference import Inference
    from serve.training import Training

    handle: Any = None  # routes are only described, nobody is asked
    inference = Inference(ServeConfig(checkpoint="-"), handle, handle)
    training = Training(TrainingConfig())
    for name, job, api in (
        ("inference", "deploy", inference.__serve_build_asgi_app__()),
        ("training", "api", training.application()),
    ):
        yield f"reference/http/{name}.md", page(name, job, api.openapi())


def page(name: str, job: str, document: Tree) -> str:
    """An OpenAPI document as Markdown."""
    text = [
        f"# Routes: {name}\n",
        f"What `GET /openapi.json` of [jobs.{job}](../../jobs/{job}.md) says. Failures are 4xx, "
        'with `{"error": {"type", "message", "param"}}`.\n',
    ]
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            text += _operation(method, path, operation, schemas)
    return "\n".join(text) + "\n"


def _operation(method: str, path: str, operation: Tree, schemas: Tree) -> Iterator[str]:
    yield f"\n## {method.upper()} {path}\n"
    if about := operation.get("description"):
        yield f"{prose.markdown(about)}\n"
    body = operation.get("requestBody", {}).get("content", {})
    # What may be given either way is told once, as the body.
    parameters = [one for one in operation.get("parameters", []) if one["in"] == "path" or not body]
    if parameters:
        yield "| parameter | in | type | |\n| --- | --- | --- | --- |"
        for one in parameters:
            about = _cell(one.get("description", "") or one["schema"].get("description", ""))
            yield f"| `{one['name']}` | {one['in']} | {_type(one['schema'], schemas)} | {about} |"
        yield ""
    either = "Query parameters, or " if body and operation.get("parameters") else ""
    for kind, content in body.items():
        yield f"**{either}`{kind}`**\n"
        yield from _fields(content["schema"], schemas)
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            schema = _named(content.get("schema", {}), schemas)
            if status.startswith("2") and schema.get("properties"):
                yield f"**Answer, {status}**\n"
                yield from _fields(schema, schemas)


def _fields(schema: Tree, schemas: Tree) -> Iterator[str]:
    schema = _named(schema, schemas)
    required = schema.get("required", [])
    yield "| field | type | default | |\n| --- | --- | --- | --- |"
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else _default(field)
        about = _cell(field.get("description") or _named(field, schemas).get("description", ""))
        yield f"| `{name}` | {_type(field, schemas)} | {default} | {about} |"
    yield ""


def _default(field: Tree) -> str:
    return f"`{str(field['default']).lower()}`" if field.get("default") is not None else ""


def _type(schema: Tree, schemas: Tree) -> str:
    """In the words of JSON: ``list of string``, ``integer or null``."""
    if "$ref" in schema:
        found = schemas[schema["$ref"].rpartition("/")[2]]
        if found.get("properties"):
            return ", ".join(f"`{name}`" for name in found["properties"])
        return _type(found, schemas)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one, schemas) for one in schema[key]))
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type") or "any")


def _named(schema: Tree, schemas: Tree) -> Tree:
    named: Tree = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return named


def _cell(text: str) -> str:
    return prose.markdown(text).replace("|", "\\|")
