"""Hubs to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from covgov_testing.hub.reading import ReadDesk, Template, read_desk, template
from covgov_testing.hub.write_desk import WriteDesk, write_desk


@pytest.fixture(scope="session")
def read_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return template(tmp_path_factory.mktemp("read"))


@pytest.fixture
def hub(read_template: Template, tmp_path: Path) -> Iterator[ReadDesk]:
    with read_desk(read_template, tmp_path) as desk:
        yield desk


@pytest.fixture
def small_hub(read_template: Template, tmp_path: Path) -> Iterator[ReadDesk]:
    """Gives two items a page at most."""
    with read_desk(read_template, tmp_path, page=2) as desk:
        yield desk


@pytest.fixture
def desk(read_template: Template, tmp_path: Path) -> Iterator[WriteDesk]:
    with write_desk(read_template, tmp_path) as one:
        yield one
