"""docs/configuration.md names every key of the file and its default; the schema that is shipped is current."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import covgov.policy
from covgov.model.snapshot import Metric
from covgov.policy import config
from covgov.policy.bars import BarScope, BarUnits
from covgov.policy.delivery import (
    CommentMode,
    GithubCoverageSettings,
    GithubDelivery,
    GithubSettings,
    GitlabSettings,
    NotifySettings,
)
from covgov.policy.policy import Component, ExceptionSettings, GateSettings, HistorySettings, Policy, Suite
from covgov.policy.rule import BarRule
from covgov.policy.tables.schema import schema
from covgov.policy.tables.table import Table, fields_of

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = Path(covgov.policy.__file__).with_name("covgov.schema.json")

TABLES: dict[str, type[Table]] = {
    "policy": GateSettings,
    "suites.NAME": Suite,
    "components.NAME": Component,
    "rules": BarRule,
    "history": HistorySettings,
    "register": ExceptionSettings,
    "notify": NotifySettings,
    "publish.github": GithubSettings,
    "publish.github_coverage": GithubCoverageSettings,
    "publish.gitlab": GitlabSettings,
}


def keys() -> Iterator[str]:
    for prefix, table in TABLES.items():
        for name in fields_of(table):
            yield f"{prefix}.{name}"
    yield "version"


def documented() -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", TEXT, re.MULTILINE))


def test_every_key_is_documented_and_no_other() -> None:
    assert documented() == set(keys())


def test_every_documented_default_is_the_real_one() -> None:
    for prefix, table in TABLES.items():
        for name, field in fields_of(table).items():
            told = default_of(f"{prefix}.{name}")
            if field.default in (None, "") or (
                table is Component and name in ("metric", "enforcement")
            ):  # filled in from elsewhere
                with pytest.raises(tomllib.TOMLDecodeError):
                    tomllib.loads(f"default = {told}")
            else:
                value = field.default
                listed = list(value) if isinstance(value, tuple) else value
                assert tomllib.loads(f"default = {told}")["default"] == listed, name


def default_of(key: str) -> str:
    found = re.search(rf"^\| `{re.escape(key)}` \| ([^|]*) \|", TEXT, re.MULTILINE)
    assert found is not None, key
    return found[1].strip("`")


def test_every_table_of_the_file_has_a_section() -> None:
    names = {field.alias for field in fields_of(Policy).values()} - {"version"}
    assert names == {key.split(".")[0] for key in TABLES}


@pytest.mark.parametrize("word", [*Metric, *BarScope, *BarUnits, *CommentMode, *GithubDelivery])
def test_every_choice_is_documented(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_the_example_is_a_valid_policy() -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    policy = config.parse(example[1], "docs/configuration.md")
    assert policy.expected == ("api", "auth")


def test_the_shipped_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema()
