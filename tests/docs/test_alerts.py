"""docs/alerts.md tells every occasion, and its examples are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covgov.policy import config
from covgov.policy.delivery import Occasion
from covgov.publish.channels.alerts import post, targets

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "alerts.md").read_text(encoding="utf-8")
BASIS = '[suites.api]\n[components.api]\npaths = ["src/**"]\n'


def test_every_occasion_is_told() -> None:
    assert re.findall(r"^\| `(on_\w+)` \|", TEXT, re.MULTILINE) == [occasion.value for occasion in Occasion]


def test_the_example_is_a_valid_policy_without_a_secret() -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    notify = config.parse(BASIS + example[1], "docs/alerts.md").notify
    assert notify.quiet is not None
    for target in {target for some in notify.targets.values() for target in some}:
        targets.check(target, "docs/alerts.md")


def test_the_extra_is_the_one_that_the_error_names() -> None:
    source = Path(post.__file__).read_text(encoding="utf-8")
    assert 'pip install "covgov[notify]"' in TEXT
    assert 'pip install "covgov[notify]"' in source


def test_attempts_and_patience_are_those_of_the_code() -> None:
    assert f"tried {('once', 'twice')[post.RETRIES]}, within {post.OVERALL:.0f} seconds" in TEXT


@pytest.mark.parametrize("name", re.findall(r"`([a-z]+(?:-[a-z]+)+)`", TEXT))
def test_every_error_that_is_named_exists(name: str) -> None:
    assert f"| `{name}` |" in (DOCS / "errors.md").read_text(encoding="utf-8")
