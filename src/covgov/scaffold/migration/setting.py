"""A setting of another tool, and what becomes of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import yaml

from covgov.scaffold.detection.tree import Tree


@dataclass(frozen=True, slots=True)
class ImportedSetting:
    """what: the setting, as its tool calls it. key: the key under `[policy]` that it becomes, "" for none; then `why`
    says what to do by hand."""

    where: str
    what: str
    key: str = ""
    value: Decimal | str = ""
    why: str = ""


def first_of(tree: Tree, files: Sequence[str]) -> str:
    """The file that a tool would read, "" when there is none."""
    return next((path for path in files if tree.read(path) is not None), "")


def document(tree: Tree, path: str) -> Mapping[str, object]:
    """The mapping of a JSON or YAML file, {} when there is no such file or it cannot be read."""
    found = _parsed(tree.text(path))
    return found if isinstance(found, Mapping) else {}


def _parsed(text: str) -> object:
    with suppress(ValueError, RecursionError):
        return json.loads(text)  # most of YAML's readers refuse JSON that is indented with tabs
    with suppress(yaml.YAMLError, ValueError, RecursionError):
        return yaml.safe_load(text)  # yaml.CSafeLoader ends the process at deep nesting
    return None


def percent(value: object) -> Decimal | None:
    """A number, or a text like `80%`; None for anything else, and outside of 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value).strip().removesuffix("%").strip())
    except InvalidOperation:
        return None
    return found.normalize() if found.is_finite() and 0 <= found <= 100 else None
