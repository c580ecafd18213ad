"""The JSON Schema of the policy file, made from its types: the text under a field describes its key."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from covgov.policy.policy import Policy
from covgov.policy.tables.table import Check, Field, Table, fields_of

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def schema() -> str:
    """The document, as `covgov policy show --schema` prints it."""
    parts: dict[str, object] = {}
    whole = _table(Policy, parts)
    document = {"$schema": SCHEMA_ID, **whole, "$defs": dict(sorted(parts.items()))}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _table(table: type[Table], parts: dict[str, object]) -> Mapping[str, object]:
    texts = _texts(table)
    keys = {one.alias: _key(one, texts.get(one.name, ""), parts) for one in fields_of(table).values()}
    described = {"description": inspect.cleandoc(table.__doc__)} if table.__doc__ else {}
    return {
        "title": table.__name__,
        **described,
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
    }


def _key(field: Field, text: str, parts: dict[str, object]) -> Mapping[str, object]:
    described = {"description": text} if text else {}
    default = {} if isinstance(field.default, Table | dict | None) else {"default": _plain(field.default)}
    return {**_kind(field.kind, field.marks, parts), **default, **described}


def _kind(kind: object, marks: tuple[object, ...], parts: dict[str, object]) -> Mapping[str, object]:
    checked = next((mark.schema for mark in marks if isinstance(mark, Check)), None)
    if checked is not None:
        return checked
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        return _kind(inner, tuple(more), parts)
    if get_origin(kind) in (Union, UnionType):
        return _kind(next(one for one in get_args(kind) if one is not type(None)), (), parts)
    if get_origin(kind) is dict:
        name, one = get_args(kind)
        return {
            "type": "object",
            "propertyNames": _kind(name, (), parts),
            "additionalProperties": _kind(one, (), parts),
        }
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _kind(get_args(kind)[0], (), parts)}
    if not (isinstance(kind, type) and issubclass(kind, Table)):
        raise TypeError(f"a key of the policy needs a Check: {kind}")
    if kind.__name__ not in parts:
        parts[kind.__name__] = _table(kind, parts)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _texts(table: type[Table]) -> dict[str, str]:
    """Field -> the string under it in the source."""
    body = ast.parse(inspect.getsource(table)).body[0]
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"not a class: {table}")
    found = {}
    for above, below in zip(body.body, body.body[1:], strict=False):
        match above, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return int(value)
        case date():
            return value.isoformat()
        case _:
            return value
