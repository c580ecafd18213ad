from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from covgov.errors import DeliveryFailed, NotConfigured
from covgov.publish.channels.github.fields import REPOSITORY, ParcelFields, connect, moment
from covgov.publish.channels.interface import Parcel
from covgov_testing.fakes.github import TOKEN

HERE = {"GITHUB_REPOSITORY": "acme/shop"}


def fields(**body: str) -> ParcelFields:
    return ParcelFields(Parcel("github", "github:comment", "", body))


def test_fields_are_read_as_what_they_are() -> None:
    read = fields(number="17", commit="a" * 40, at="2026-11-22T12:00:00Z", repository="acme/shop", kind="comment")
    assert (read.number("number"), read.commit(), read.text("kind")) == (17, "a" * 40, "comment")
    assert read.time("at") == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert read.repository(HERE) == "acme/shop"
    assert fields(repository="Acme/Shop").repository(HERE) == "Acme/Shop"
    assert read.one_of("kind", ("comment", "status")) == "comment"


def test_times_are_written_in_utc() -> None:
    at = datetime(2026, 11, 22, 13, 30, 5, 999, tzinfo=timezone(timedelta(hours=1)))
    assert moment(at) == "2026-11-22T12:30:05Z"


@pytest.mark.security
def test_a_parcel_is_delivered_in_its_own_repository_only() -> None:
    with pytest.raises(DeliveryFailed) as caught:
        fields(repository="mallory/shop").repository(HERE)
    assert caught.value.code == "github-parcel-damaged"
    assert "is about mallory/shop, and this is acme/shop" in caught.value.message


@pytest.mark.security
@pytest.mark.parametrize("env", [{}, {"GITHUB_REPOSITORY": ""}, {"GITHUB_REPOSITORY": "../shop"}])
def test_outside_of_a_workflow_the_repository_must_be_named(env: dict[str, str]) -> None:
    with pytest.raises(NotConfigured) as caught:
        fields(repository="mallory/shop").repository(env)
    assert caught.value.code == "github-repository-missing"


@pytest.mark.security
@pytest.mark.parametrize("name", ["", "shop", "a/b/c", "../shop", "acme/..", "acme/.", "a b/c", "acme/shop\n", "./x"])
def test_an_invalid_repository_never_enters_a_url(name: str) -> None:
    assert REPOSITORY.fullmatch(name) is None
    with pytest.raises(DeliveryFailed):
        fields(repository=name).repository({"GITHUB_REPOSITORY": name})


@pytest.mark.parametrize("name", ["acme/shop", "a/b", "Acme-1/.github", "acme/a.b_c-d"])
def test_names_of_repositories_are_known(name: str) -> None:
    assert fields(repository=name).repository({"GITHUB_REPOSITORY": name}) == name


def test_a_field_that_is_missing_is_named_with_its_destination() -> None:
    with pytest.raises(DeliveryFailed) as caught:
        fields().text("marker")
    assert caught.value.message == "the parcel for 'github:comment' has no marker"


def test_the_client_is_configured_by_the_environment() -> None:
    assert connect({"GITHUB_TOKEN": TOKEN}, "acme/shop").client is not None
    with pytest.raises(NotConfigured):
        connect({}, "acme/shop")


def test_without_the_extra_the_error_names_the_command_that_installs_it() -> None:
    script = (
        "import sys\n"
        "from covgov.errors import UsageError\n"
        "from covgov.publish.channels.registry import CHANNELS\n"
        "from covgov.publish.channels.github.fields import connect\n"
        "assert 'httpx2' not in sys.modules, 'only who sends needs the extra'\n"
        "sys.modules['httpx2'] = None\n"
        "try:\n"
        "    connect({'GITHUB_TOKEN': 'x'}, 'acme/shop')\n"
        "except UsageError as error:\n"
        "    print(error.code, error.hint, len(CHANNELS) > 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "http-extra-missing pip install 'covgov[http]' True\n", done.stderr
