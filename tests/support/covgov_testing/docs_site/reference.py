"""The reference pages that are generated from the code whenever the site is built."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

import covgov.policy
import covgov.publish
from covgov.model.change import Category
from covgov_testing.act import CHECKOUT
from covgov_testing.docs_site import error_codes, help_texts

SCHEMAS = (
    Path(covgov.policy.__file__).with_name("covgov.schema.json"),
    Path(covgov.publish.__file__).with_name("verdict-v1.schema.json"),
)


class Link(msgspec.Struct, rename={"ref": "$ref"}):
    """Another table of the same schema; "" where the values are plain."""

    ref: str = ""


class Property(msgspec.Struct, rename={"ref": "$ref", "any_of": "anyOf", "values": "additionalProperties"}):
    """What a page shows of one key of a JSON schema."""

    type: str = ""
    description: str = ""
    default: object = msgspec.UNSET
    enum: tuple[str | int, ...] = ()
    ref: str = ""
    any_of: tuple[Mapping[str, object], ...] = ()
    values: Link | bool = False
    items: Link | None = None


class Definition(msgspec.Struct):
    description: str = ""
    properties: Mapping[str, Property] = {}


class Schema(msgspec.Struct, rename={"definitions": "$defs"}):
    title: str
    definitions: Mapping[str, Definition] = {}
    properties: Mapping[str, Property] = {}


class Operation(msgspec.Struct):
    summary: str
    responses: Mapping[str, object]
    tags: tuple[str, ...]
    description: str = ""
    security: tuple[object, ...] = ()


class Api(msgspec.Struct):
    paths: Mapping[str, Mapping[str, Operation]]


def pages() -> dict[str, str]:
    """File name -> text, of everything in docs/reference."""
    return {
        "cli.md": commands(),
        "exit-codes.md": exit_codes(),
        "policy-keys.md": policy_keys(),
        "categories.md": categories(),
        "schemas.md": schemas(),
        "rest.md": rest(),
    }


def commands() -> str:
    """The help of every command."""
    found = "\n".join(
        f"## {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```\n"
        for context in help_texts.contexts()
    )
    return f"# Commands\n\nThe help text of every command, as `--help` prints it.\n\n{found}"


def exit_codes() -> str:
    """The README's exit codes, each with the error codes that lead to it."""
    meanings = re.findall(r"^\| (\d+) \| (.+) \|$", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    raised = error_codes.raised()
    rows = (
        (code, meaning, ", ".join(f"`{name}`" for name, exits in sorted(raised.items()) if int(code) in exits) or "-")
        for code, meaning in meanings
    )
    intro = (
        "# Exit codes\n\nEvery command ends with one of these. If several apply, the [README](../../README.md#exit-codes) "
        "says which. [Error codes](../errors.md) explains each error.\n\n"
    )
    return intro + _table(("exit code", "meaning", "error codes"), rows)


def policy_keys() -> str:
    """Every key of the policy file, table by table, from its schema."""
    schema = msgspec.json.decode(SCHEMAS[0].read_bytes(), type=Schema)
    intro = (
        "# Keys of the policy file\n\nEvery key of `covgov.toml`, from its JSON schema. "
        "[Configuration](../configuration.md) explains them with examples.\n\n"
    )
    top = _keys("The file", Definition(properties=schema.properties))
    return intro + "\n".join((top, *(_keys(f"`{name}`", table) for name, table in _tables(schema, schema.properties))))


def categories() -> str:
    """The twelve categories with their meaning."""
    intro = (
        "# Categories\n\nEvery unit that is counted in base or head is in exactly one of these. "
        "[Why twelve](../explanation/categories.md) explains them.\n\n"
    )
    return intro + _table(("category", "meaning"), ((f"`{one}`", one.meaning) for one in Category))


def schemas() -> str:
    """The JSON schemas that are shipped, as files of the site."""
    titles = ((path.name, msgspec.json.decode(path.read_bytes(), type=Schema).title) for path in SCHEMAS)
    rows = [(f"[{name}]({name})", title) for name, title in titles]
    rows.append(("[openapi.json](../openapi.json)", "the hub's REST interface, OpenAPI 3.1"))
    return "# Schemas\n\n" + _table(("file", "describes"), rows)


def rest() -> str:
    """Every operation of the hub, from docs/openapi.json."""
    api = msgspec.json.decode((CHECKOUT / "docs" / "openapi.json").read_bytes(), type=Api)
    found = "\n".join(
        _operation(f"{method.upper()} {path}", operation)
        for path, operations in api.paths.items()
        for method, operation in operations.items()
    )
    intro = (
        "# REST\n\nThe operations of the [hub](../hub.md). Parameters, bodies and answers are in "
        "[openapi.json](../openapi.json).\n\n"
    )
    return intro + found


def _operation(name: str, operation: Operation) -> str:
    token = "with a token" if operation.security else "without a token"
    facts = f"{', '.join(operation.tags)}; {token}; answers {', '.join(operation.responses)}"
    return f"## {operation.summary}: `{name}`\n\n{operation.description}\n\n{facts}\n"


def _tables(schema: Schema, keys: Mapping[str, Property], above: str = "") -> Iterator[tuple[str, Definition]]:
    """Every table of the file by its name in TOML, in order: `policy`, `suites.NAME`, `publish.github`."""
    for key, one in keys.items():
        for name, ref in _targets(f"{above}{key}", one):
            table = schema.definitions[ref.rpartition("/")[2]]
            yield name, table
            if not above:
                yield from _tables(schema, table.properties, f"{name}.")


def _targets(name: str, key: Property) -> Iterator[tuple[str, str]]:
    named = key.values.ref if isinstance(key.values, Link) else ""
    listed = key.items.ref if key.items else ""
    yield from ((one, ref) for one, ref in ((name, key.ref), (f"{name}.NAME", named), (name, listed)) if ref)


def _keys(name: str, table: Definition) -> str:
    rows = ((f"`{key}`", _kind(one), _default(one), one.description or "-") for key, one in table.properties.items())
    text = _table(("key", "type", "default", "what it does"), rows)
    return "\n\n".join(filter(None, (f"## {name}", table.description, text)))


def _kind(key: Property) -> str:
    if key.enum:
        return ", ".join(f"`{word}`" for word in key.enum)
    if key.ref:
        return "table"
    return key.type or " or ".join(str(one.get("type", "table")) for one in key.any_of)


def _default(key: Property) -> str:
    return "-" if key.default is msgspec.UNSET else f"`{msgspec.json.encode(key.default).decode()}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines) + "\n"
