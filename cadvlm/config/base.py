"""One grammar for every setting: YAML files, then ``dotted.key=value`` overrides; later wins.

The same words work on a command line, in a sweep's search space and in a test::

    TrainConfig.load(["jobs/configs/demo.yaml", "optimizer.lr=1e-4", "model.llava.width=64"])
"""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from cadvlm.errors import ConfigError


class Config(BaseModel):
    """Base of every config. Immutable, and a key nobody declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def load(cls, layers: Iterable[str]) -> Self:
        """Build from layers such as ``["h200x8.yaml", "lora.yaml", "optimizer.lr=1e-5"]``.

        Raises:
            ConfigError: a missing file, an unknown key or a wrong value, in one line that names it.
        """
        tree: dict[str, Any] = {}
        for layer in layers:
            key, is_override, value = layer.partition("=")
            tree = merge(tree, nest(key, _scalar(value)) if is_override else _read(layer))
        return cls.parse(tree)

    @classmethod
    def parse(cls, tree: Mapping[str, Any]) -> Self:
        """Validate a tree of plain values; see :meth:`load` for what is raised."""
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise ConfigError(_explain(cls, error)) from None

    @classmethod
    def of(cls, wider: Config) -> Self:
        """The same settings without what a subclass added, such as a job's ``cluster``."""
        return cls.parse(wider.model_dump(include=set(cls.model_fields), exclude_unset=True))

    def override(self, values: Mapping[str, Any]) -> Self:
        """Return a revalidated copy; keys are dotted, exactly as on the command line."""
        tree = self.model_dump(exclude_unset=True)
        for key, value in values.items():
            tree = merge(tree, nest(key, value))
        return self.parse(tree)


class Key(NamedTuple):
    """One documented setting."""

    name: str
    type: str
    default: str
    meaning: str


def keys(cls: type[Config], prefix: str = "") -> Iterator[Key]:
    """Every setting of a config class, nested ones by their dotted names."""
    for name, field in cls.model_fields.items():
        branch = _config_in(field.annotation)
        default = "required" if field.is_required() else _shown(field.get_default())
        meaning = " ".join((field.description or "").split())
        if branch is None or _is_many(field.annotation):
            yield Key(prefix + name, _type_name(field.annotation), default, meaning)
            if branch is not None:
                yield from keys(branch, f"{prefix}{name}[].")
        else:
            if type(None) in typing.get_args(field.annotation):
                yield Key(prefix + name, "branch or null", default, meaning)
            yield from keys(branch, f"{prefix}{name}.")


def merge(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree over another. Mappings merge; everything else is replaced, lists too."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def nest(dotted: str, value: Any) -> dict[str, Any]:
    """``nest("a.b", 1) == {"a": {"b": 1}}``."""
    for key in reversed(dotted.split(".")):
        value = {key: value}
    return typing.cast("dict[str, Any]", value)


def dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a tree by their dotted keys, the way back from :func:`nest`."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from dotted(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """PyYAML, except that ``1e-5`` is a number, as in YAML 1.2, and not a string."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def _scalar(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError:
        return text


def _read(path: str) -> dict[str, Any]:
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"{path}: no such file (expected a YAML layer or a dotted.key=value)")
    try:
        tree = yaml.load(file.read_text(), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree or {}, dict):
        raise ConfigError(f"{path}: expected a mapping of settings, found a {type(tree).__name__}")
    return tree or {}


def _explain(cls: type[Config], error: ValidationError) -> str:
    first = error.errors()[0]
    dotted = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        known = [key.name.replace("[]", "") for key in keys(cls)]
        near = difflib.get_close_matches(dotted, known, n=1, cutoff=0.0)
        return f"{dotted}: unknown key; the nearest known key is {near[0]}{more}"
    if first["type"] == "missing":
        return f"{dotted}: required and not given{more}"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if first["type"] == "value_error" else f", found {first['input']!r}"
    return f"{dotted}: {message}{found}{more}" if dotted else message + more


def _config_in(annotation: Any) -> type[Config] | None:
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Config):
            return candidate
    return None


def _is_many(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (tuple, list, dict)


def _type_name(annotation: Any) -> str:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(args[0])
    if origin is typing.Literal:
        return " | ".join(str(arg) for arg in args)
    if origin in (typing.Union, types.UnionType):
        return " | ".join("null" if arg is type(None) else _type_name(arg) for arg in args)
    if origin in (tuple, list):
        return f"list of {_type_name(args[0])}"
    if origin is dict:
        return f"mapping of {_type_name(args[0])} to {_type_name(args[1])}"
    return getattr(annotation, "__name__", str(annotation))


def _shown(default: Any) -> str:
    if default is None:
        return "null"
    if isinstance(default, BaseModel):
        return "its defaults"
    return str(list(default)) if isinstance(default, tuple) else str(default)
