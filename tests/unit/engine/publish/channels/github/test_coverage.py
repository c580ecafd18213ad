from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import httpx2
import pytest

from covgov.ci.interface import CiContext, CiEvent
from covgov.errors import DeliveryFailed
from covgov.publish.channels.github.coverage import GithubCoverageChannel
from covgov.publish.channels.interface import Parcel, Publication
from covgov_testing.builders.publish import PULL_REQUEST, PUSH, publication
from covgov_testing.fakes.github import HEAD, FakeGithub, api_of, refusal

REPORT = b'<?xml version="1.0" ?>\n<coverage lines-valid="2"/>\n'
FILES = {"merged.xml": REPORT}
HERE = {"GITHUB_REPOSITORY": "acme/shop"}


def channel(github: FakeGithub | None = None) -> GithubCoverageChannel:
    return GithubCoverageChannel(lambda _env, _repository: api_of(github or FakeGithub()))


def made(told: Publication) -> Parcel:
    (parcel,) = channel().parcels(told)
    return parcel


def test_a_dry_run_shows_everything_it_would_send() -> None:
    parcel = made(publication(files=FILES))
    assert parcel.destination == "github-coverage"
    assert parcel.subject == f"merged.xml ({len(REPORT)} bytes) of c0ffee000000 for 7"
    assert parcel.body == {
        "repository": "acme/shop",
        "commit": HEAD,
        "language": "Python",
        "label": "covgov",
        "number": "7",
        "sha256": sha256(REPORT).hexdigest(),
        "report": REPORT.decode(),
    }
    assert not parcel.required


def test_the_policy_sets_the_report_and_whether_it_is_required() -> None:
    text = '[publish.github_coverage]\nreport = "api.xml"\nlanguage = "Go"\nlabel = "api"\nrequired = true\n'
    parcel = made(publication(text=text, files={"api.xml": b"<coverage/>"}))
    assert (parcel.body["language"], parcel.body["label"], parcel.body["report"]) == ("Go", "api", "<coverage/>")
    assert parcel.required


@pytest.mark.security
@pytest.mark.parametrize("change", [{"language": "Go"}, {"label": "other"}, {"language": ""}])
def test_a_parcel_outside_of_the_policy_is_refused(change: Mapping[str, str]) -> None:
    told = publication(files=FILES)
    parcel = made(told)
    assert channel().refusal(parcel, told.policy) == ""
    why = "its language or label is not the one in [publish.github_coverage]"
    assert channel().refusal(replace(parcel, body={**parcel.body, **change}), told.policy) == why
    assert channel().refusal(replace(parcel, body={}), told.policy) == why


def test_the_default_branch_is_uploaded_as_a_ref() -> None:
    parcel = made(publication(ci=PUSH, files=FILES))
    assert parcel.body["ref"] == "refs/heads/main"
    assert "number" not in parcel.body


@pytest.mark.parametrize(
    ("ci", "why"),
    [
        (replace(PULL_REQUEST, system="local"), "not a GitHub workflow"),
        (replace(PULL_REQUEST, pull_request=""), "pull requests and the default branch only"),
        (replace(PULL_REQUEST, event=CiEvent.MERGE_QUEUE), "pull requests and the default branch only"),
        (replace(PUSH, on_default_branch=False), "pull requests and the default branch only"),
    ],
)
def test_nothing_is_uploaded_where_github_would_not_show_it(ci: CiContext, why: str) -> None:
    told = publication(ci=ci, files=FILES)
    assert channel().parcels(told) == ()
    assert why in channel().silence(told)


def test_without_a_report_or_a_commit_nothing_is_uploaded() -> None:
    assert channel().parcels(publication()) == ()
    assert channel().silence(publication()) == "there is no coverage/merged.xml"
    assert channel().silence(publication(commit="", files=FILES)) == "there is no commit"
    assert channel().silence(publication(files=FILES)) == ""


@pytest.mark.parametrize(
    ("ci", "key", "value"), [(PULL_REQUEST, "pull_request_number", 7), (PUSH, "ref", "refs/heads/main")]
)
def test_the_report_is_sent_compressed(ci: CiContext, key: str, value: object) -> None:
    github = FakeGithub()
    done = channel(github).send(made(publication(ci=ci, files=FILES)), HERE)
    assert done == "report report-1 accepted, GitHub processes it later"
    (sent,) = github.coverage
    assert gzip.decompress(b64decode(str(sent.pop("coverage_report")))) == REPORT
    assert sent == {"commit_oid": HEAD, "language_name": "Python", "label": "covgov", key: value}


@pytest.mark.reliability
@pytest.mark.parametrize(("said", "told"), [({"message": "too many"}, "too many"), ({}, "no reason given")])
def test_a_report_that_github_ignores_is_no_success(said: dict[str, str], told: str) -> None:
    github = FakeGithub(coverage_answer=httpx2.Response(200, content=json.dumps(said).encode()))
    done = channel(github).send(made(publication(files=FILES)), HERE)
    assert done == f"GitHub ignored the report: {told}"


@pytest.mark.reliability
def test_a_refused_upload_is_an_error() -> None:
    github = FakeGithub()
    github.fail(refusal(403, "Not authorized"), method="PUT")
    with pytest.raises(DeliveryFailed) as caught:
        channel(github).send(made(publication(files=FILES)), HERE)
    assert caught.value.code == "github-forbidden"


@pytest.mark.security
@pytest.mark.parametrize("changed", [{"commit": "main"}, {"number": "x"}, {"repository": "mallory/shop"}])
def test_a_parcel_that_was_tampered_with_is_not_sent(changed: dict[str, str]) -> None:
    github = FakeGithub()
    parcel = made(publication(files=FILES))
    with pytest.raises(DeliveryFailed) as caught:
        channel(github).send(replace(parcel, body={**parcel.body, **changed}), HERE)
    assert caught.value.code == "github-parcel-damaged"
    assert github.asked == []
