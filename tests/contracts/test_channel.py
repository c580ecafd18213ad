"""What every channel promises, against real receivers: what it would tell, what leaves, what becomes of a refusal."""

from __future__ import annotations

import io
import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings

from covgov.cli.commands.publish import show
from covgov.cli.world import World
from covgov.errors import DeliveryFailed, InputError, NotConfigured
from covgov.model.verdict import Verdict
from covgov.policy.delivery import Occasion
from covgov.publish.channels.deliver import Delivery, DeliveryState, deliver, redeliver
from covgov.publish.channels.interface import Parcel, Publication
from covgov.publish.channels.registry import CHANNELS
from covgov.publish.channels.spool import Spool
from covgov.publish.render.parts.safe_text import plain
from covgov_testing.builders import publication as builders_publication
from covgov_testing.builders import publish as builders_publish
from covgov_testing.builders import verdict as build
from covgov_testing.builders.publication import NOW, below, dropped, telling
from covgov_testing.fakes import github as fake_github
from covgov_testing.fakes import gitlab as fake_gitlab
from covgov_testing.github_server import serving
from covgov_testing.laws import examples
from covgov_testing.receivers import receiver

PLANTED = "pl4nted-S3cret"
RED = build.verdict(below(), dropped())
quick = settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])

Env = Mapping[str, str]
World_ = AbstractContextManager[tuple[Env, Callable[[], int]]]


@dataclass(frozen=True)
class Rig:
    """How a channel is tried: a publication that it tells of, and worlds that take or refuse what it sends.

    A world gives the environment (with PLANTED where a secret belongs) and says how many messages have arrived.
    """

    publication: Callable[[Verdict], Publication]
    accepting: Callable[[Path], World_]
    refusing: Callable[[Path], World_]


def _alert(now: Verdict) -> Publication:
    return builders_publication.publication(now, notify=telling(*Occasion, target="${HOOK}"))


def _on_github(now: Verdict) -> Publication:
    files = {"merged.xml": b"<coverage/>"}
    return builders_publish.publication(now, ci=builders_publish.PULL_REQUEST, files=files)


def _metrics(now: Verdict) -> Publication:
    return builders_publication.publication(now)


def _hook(status: int) -> Callable[[Path], World_]:
    @contextmanager
    def world(_: Path) -> Iterator[tuple[Env, Callable[[], int]]]:
        with receiver(lambda _: (status, "")) as found:
            yield {"HOOK": found.url("json", f"/{PLANTED}")}, lambda: len(found.inbox)

    return world


def _forge(*, broken: bool) -> Callable[[Path], World_]:
    @contextmanager
    def world(_: Path) -> Iterator[tuple[Env, Callable[[], int]]]:
        github = fake_github.FakeGithub()
        if broken:
            github.fail(fake_github.refusal(401, f"Bad credentials {PLANTED}"), times=1000)
        with serving(github) as address:
            env = {"GITHUB_API_URL": address, "GITHUB_TOKEN": PLANTED, "GITHUB_REPOSITORY": fake_github.REPOSITORY}
            yield env, lambda: len([one for one in github.asked if one.method != "GET"])

    return world


def _on_gitlab(now: Verdict) -> Publication:
    ci = replace(builders_publish.PULL_REQUEST, system="gitlab")
    return builders_publish.publication(now, ci=ci, repository=fake_gitlab.PROJECT)


def _gitlab(*, broken: bool) -> Callable[[Path], World_]:
    @contextmanager
    def world(_: Path) -> Iterator[tuple[Env, Callable[[], int]]]:
        refusals = [httpx2.Response(401, text=f"401 Unauthorized {PLANTED}")] * 1000 if broken else []
        gitlab = fake_gitlab.FakeGitlab(faults=refusals)
        with serving(gitlab) as address:
            env = {
                "CI_API_V4_URL": f"{address}/api/v4",
                "GITLAB_TOKEN": PLANTED,
                "CI_PROJECT_PATH": fake_gitlab.PROJECT,
            }
            yield env, lambda: len([one for one in gitlab.asked if one.method != "GET"])

    return world


def _folder(*, broken: bool) -> Callable[[Path], World_]:
    @contextmanager
    def world(folder: Path) -> Iterator[tuple[Env, Callable[[], int]]]:
        target = folder / "metrics" / "covgov.prom"
        if broken:
            target.parent.write_text("in the way")
        else:
            target.parent.mkdir()
        yield {"COVGOV_TEXTFILE": str(target)}, lambda: int(target.is_file())

    return world


RIGS = {
    "notify": Rig(_alert, _hook(200), _hook(500)),
    "github": Rig(_on_github, _forge(broken=False), _forge(broken=True)),
    "github-coverage": Rig(_on_github, _forge(broken=False), _forge(broken=True)),
    "gitlab": Rig(_on_gitlab, _gitlab(broken=False), _gitlab(broken=True)),
    "prometheus": Rig(_metrics, _folder(broken=False), _folder(broken=True)),
}


def test_every_channel_is_tried() -> None:
    assert set(RIGS) == set(CHANNELS)


every_channel = pytest.mark.parametrize("name", sorted(CHANNELS))


def told(name: str, now: Verdict = RED) -> list[Parcel]:
    return list(CHANNELS[name].parcels(RIGS[name].publication(now)))


def sent(parcels: list[Parcel], env: Env, spool: Spool) -> list[Delivery]:
    return list(deliver(parcels, CHANNELS, env, spool))


def sent_again(name: str, env: Env, spool: Spool) -> list[Delivery]:
    told = list(redeliver(spool, CHANNELS, env, RIGS[name].publication(RED).policy))
    assert all(isinstance(one, Delivery) for one in told)
    return [one for one in told if isinstance(one, Delivery)]


def printed(parcels: list[Parcel], *, as_json: bool) -> str:
    out, err = io.StringIO(), io.StringIO()
    assert show(parcels, World(cwd=Path.cwd(), env={}, now=lambda: NOW, out=out, err=err), as_json=as_json) == 0
    return out.getvalue()


@every_channel
def test_there_is_something_to_tell_and_it_is_of_this_channel(name: str) -> None:
    parcels = told(name)
    assert parcels
    for parcel in parcels:
        assert parcel.channel == name
        assert parcel.destination
        assert parcel.subject.isprintable()


@every_channel
@pytest.mark.security
def test_parcels_depend_on_the_publication_and_not_on_the_environment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(name)
    with RIGS[name].accepting(tmp_path) as (env, _):
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        assert told(name) == before
    assert PLANTED not in repr(before)


@every_channel
@quick
@given(now=build.verdicts())
def test_any_verdict_makes_the_same_parcels_twice_and_they_can_be_kept(
    name: str, tmp_path_factory: pytest.TempPathFactory, now: Verdict
) -> None:
    parcels = told(name, now)
    assert parcels == told(name, now)
    spool = Spool(tmp_path_factory.mktemp("coverage"))
    for parcel in parcels:
        spool.keep(parcel)
    kept = {repr(spool.read(one)) for one in spool.names()}
    assert kept == {repr(replace(one, body=dict(sorted(one.body.items())))) for one in parcels}


@every_channel
def test_a_dry_run_prints_everything_that_would_leave(name: str) -> None:
    parcels = told(name)
    document = json.loads(printed(parcels, as_json=True))
    assert [Parcel(**one) for one in document["parcels"]] == [replace(one, state="") for one in parcels]
    text = printed(parcels, as_json=False)
    for parcel in parcels:
        assert parcel.destination in text
        assert all(plain(line).rstrip() in text for field in parcel.body.values() for line in field.splitlines())


FORGED = "\n::error::forged\n  ##vso[task.complete]\u2028"


@every_channel
@pytest.mark.security
def test_no_part_of_a_parcel_forges_a_line_of_the_log(name: str) -> None:
    for parcel in told(name):
        forged = Parcel(
            FORGED.strip() + parcel.channel,
            parcel.destination + FORGED,
            parcel.subject + FORGED,
            {**parcel.body, FORGED: FORGED, "::error::": ""},
        )
        text = printed([forged], as_json=False)
        assert [line for line in text.splitlines() if line.strip().startswith(("::", "##vso"))] == []
        assert "##vso" not in "".join(line for line in text.splitlines() if not line.startswith("  | "))
        assert text.count("\n") == printed([parcel], as_json=False).count("\n") + 5, "two fields, a body of three lines"


@every_channel
def test_what_is_accepted_leaves_once_and_is_not_kept(name: str, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "coverage")
    with RIGS[name].accepting(tmp_path) as (env, arrived):
        done = sent(told(name), env, spool)
        assert [one.fate for one in done] == [DeliveryState.SENT] * len(done)
        assert arrived() == len(done)
    assert list(spool.names()) == []
    assert all(one.detail.isprintable() and PLANTED not in one.detail for one in done)


@every_channel
@pytest.mark.security
@pytest.mark.reliability
def test_what_is_refused_is_kept_without_secrets_and_delivered_once(name: str, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "coverage")
    (tmp_path / "refusing").mkdir()
    (tmp_path / "accepting").mkdir()
    with RIGS[name].refusing(tmp_path / "refusing") as (env, _):
        parcels = told(name)
        failed = sent(parcels, env, spool)
        assert [(one.fate, one.spooled) for one in failed] == [(DeliveryState.FAILED, True)] * len(parcels)
        assert all(one.spooled for one in sent_again(name, env, spool))
    for one in failed:
        assert isinstance(one.error, DeliveryFailed)
        assert PLANTED not in "".join(traceback.format_exception(one.error)) + one.error.hint + one.detail
    assert all(PLANTED not in (spool.folder / one).read_text() for one in spool.names())
    with RIGS[name].accepting(tmp_path / "accepting") as (env, arrived):
        assert len(sent_again(name, env, spool)) == len(parcels)
        assert arrived() == len(parcels)
        assert sent_again(name, env, spool) == []
        assert arrived() == len(parcels)
    assert list(spool.names()) == []


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("notify", ["target"]),
        ("github", ["context", "marker", "name"]),
        ("github-coverage", ["label", "language"]),
        ("gitlab", ["marker"]),
        ("prometheus", []),
    ],
)
def test_what_a_file_in_the_spool_changed_of_what_the_policy_says_does_not_leave(
    name: str, fields: list[str], tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "coverage")
    policy = RIGS[name].publication(RED).policy
    for parcel in told(name):
        for field in {*fields} & {*parcel.body}:
            spool.keep(replace(parcel, body={**parcel.body, field: "planted"}))
    with RIGS[name].accepting(tmp_path) as (env, arrived):
        found = list(redeliver(spool, CHANNELS, env, policy))
        assert [one.code for one in found if isinstance(one, InputError)] == ["spool-foreign"] * len(spool.names())
        assert (len(found), arrived()) == (len(spool.names()), 0)
    assert bool(found) == bool(fields)


@every_channel
def test_without_its_variables_nothing_is_tried_and_nothing_is_kept(name: str, tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    environment = {"GITHUB_REPOSITORY": fake_github.REPOSITORY, "CI_PROJECT_PATH": fake_gitlab.PROJECT}
    for one in sent(told(name), environment, spool):
        assert one.fate is DeliveryState.SKIPPED
        assert isinstance(one.error, NotConfigured)
        assert one.detail
    assert list(spool.names()) == []
