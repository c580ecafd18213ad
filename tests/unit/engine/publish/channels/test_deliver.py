from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from covgov.errors import CovgovError, DeliveryFailed, InputError, NotConfigured, UsageError
from covgov.policy.policy import Policy
from covgov.publish.channels.deliver import Delivery, DeliveryState, deliver, redeliver
from covgov.publish.channels.interface import Channel, Parcel, Publication
from covgov.publish.channels.spool import Spool

BROKEN = DeliveryFailed("refused", "refused")
UNSET = NotConfigured("unset", "A is not set")
WRONG = UsageError("extra-missing", "not installed")


class Fake:
    """Sends until it is told to fail."""

    name = "fake"

    def __init__(self, *failures: CovgovError | None) -> None:
        self.failures = list(failures)
        self.sent: list[Parcel] = []

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        raise AssertionError("not asked")

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(parcel)
        return f"sent with {env['A']}"


def parcel(name: str = "one", *, required: bool = False, channel: str = "fake") -> Parcel:
    return Parcel(channel, name, "s", {}, required)


def run(channel: Channel, *parcels: Parcel, folder: Path) -> list[Delivery]:
    return list(deliver(parcels, {"fake": channel}, {"A": "a"}, Spool(folder)))


def rerun(channel: Channel, folder: Path, *wanted: str) -> list[Delivery | InputError]:
    return list(redeliver(Spool(folder), {"fake": channel}, {"A": "a"}, Policy(), wanted))


def kept(folder: Path) -> list[str]:
    spool = Spool(folder)
    return sorted(spool.read(name).destination for name in spool.names())


def codes(done: Delivery) -> list[str]:
    return [fault.code for fault in done.faults]


def test_a_sent_parcel_is_not_spooled(tmp_path: Path) -> None:
    (done,) = run(Fake(), parcel(), folder=tmp_path)
    assert (done.fate, done.detail, done.spooled, codes(done)) == (DeliveryState.SENT, "sent with a", False, [])
    assert kept(tmp_path) == []


@pytest.mark.reliability
def test_what_was_sent_since_it_was_kept_is_forgotten_and_not_sent_again(tmp_path: Path) -> None:
    fake, one = Fake(BROKEN), replace(parcel(), state="red")
    run(fake, one, folder=tmp_path)
    assert not Spool(tmp_path).has_sent(one)
    run(fake, one, folder=tmp_path)
    assert (Spool(tmp_path).has_sent(one), len(fake.sent), kept(tmp_path)) == (True, 1, ["one"])
    (done,) = rerun(fake, tmp_path)
    assert isinstance(done, Delivery)
    assert (done.fate, done.detail, len(fake.sent), kept(tmp_path)) == (DeliveryState.SENT, "already", 1, [])


@pytest.mark.reliability
def test_what_the_spool_delivers_has_a_receipt(tmp_path: Path) -> None:
    one = replace(parcel(), state="red")
    run(Fake(BROKEN), one, folder=tmp_path)
    rerun(Fake(), tmp_path)
    assert Spool(tmp_path).has_sent(one)


@pytest.mark.reliability
def test_a_receipt_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "sent.record").mkdir()
    (done,) = run(Fake(), replace(parcel(), state="red"), folder=tmp_path)
    assert (done.fate, codes(done)) == (DeliveryState.SENT, ["artifact-unwritable"])


@pytest.mark.reliability
def test_a_failed_parcel_is_spooled_and_the_rest_is_sent(tmp_path: Path) -> None:
    fake = Fake(BROKEN)
    first, second = run(fake, parcel("one"), parcel("two"), folder=tmp_path)
    assert (first.fate, first.spooled, second.fate) == (DeliveryState.FAILED, True, DeliveryState.SENT)
    assert kept(tmp_path) == ["one"]


@pytest.mark.parametrize(
    ("failure", "required", "faults", "spooled"),
    [
        (BROKEN, False, [], True),
        (BROKEN, True, ["refused"], True),
        (UNSET, False, [], False),
        (UNSET, True, ["unset"], False),
        (WRONG, False, ["extra-missing"], True),
        (WRONG, True, ["extra-missing"], True),
    ],
)
def test_required_failures_and_faults_decide_the_exit_code(
    tmp_path: Path, failure: CovgovError, required: bool, faults: list[str], spooled: bool
) -> None:
    (done,) = run(Fake(failure), parcel(required=required), folder=tmp_path)
    assert (codes(done), done.spooled) == (faults, spooled)
    assert bool(kept(tmp_path)) is spooled
    assert done.fate is (DeliveryState.SKIPPED if failure is UNSET else DeliveryState.FAILED)


@pytest.mark.reliability
def test_a_parcel_that_cannot_be_spooled_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    (done,) = run(Fake(BROKEN), parcel(), folder=tmp_path)
    assert (done.spooled, codes(done)) == (False, ["artifact-unwritable"])
    (done,) = run(Fake(BROKEN), parcel(required=True), folder=tmp_path)
    assert codes(done) == ["refused", "artifact-unwritable"]


@pytest.mark.reliability
def test_a_spooled_parcel_is_delivered_once(tmp_path: Path) -> None:
    fake = Fake(BROKEN)
    run(fake, parcel(), folder=tmp_path)
    (done,) = rerun(fake, tmp_path)
    assert isinstance(done, Delivery)
    assert (done.fate, done.spooled) == (DeliveryState.SENT, False)
    assert rerun(fake, tmp_path) == []
    assert fake.sent == [parcel()]


class Jamming(Fake):
    """Puts a folder in the place of the file that is being delivered: it can be read before, and not removed after."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__()
        self.file = folder / "spool" / name

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        if self.file.is_file():
            self.file.unlink()
            self.file.mkdir()
        return super().send(parcel, env)


@pytest.mark.reliability
def test_a_parcel_that_cannot_be_removed_is_reported_and_the_rest_is_sent(tmp_path: Path) -> None:
    run(Fake(BROKEN, BROKEN), parcel("one"), parcel("two"), folder=tmp_path)
    first, _second = Spool(tmp_path).names()
    done = [one for one in rerun(Jamming(tmp_path, first), tmp_path) if isinstance(one, Delivery)]
    assert [(one.fate, one.spooled, codes(one)) for one in done] == [
        (DeliveryState.SENT, True, ["artifact-unwritable"]),
        (DeliveryState.SENT, False, []),
    ]
    assert list(Spool(tmp_path).names()) == [first]


@pytest.mark.parametrize("failure", [BROKEN, UNSET])
def test_a_parcel_that_fails_again_stays(tmp_path: Path, failure: CovgovError) -> None:
    run(Fake(BROKEN), parcel(required=True), folder=tmp_path)
    (done,) = rerun(Fake(failure), tmp_path)
    assert isinstance(done, Delivery)
    assert (done.spooled, codes(done)) == (True, [failure.code])
    assert kept(tmp_path) == ["one"]


def test_only_the_wanted_channels_are_delivered_again(tmp_path: Path) -> None:
    fake = Fake(BROKEN)
    run(fake, parcel(), folder=tmp_path)
    assert rerun(fake, tmp_path, "other") == []
    assert len(rerun(fake, tmp_path, "fake", "other")) == 1


@pytest.mark.reliability
def test_an_undeliverable_parcel_is_reported_and_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(parcel(channel="pigeon"))
    (tmp_path / "spool" / "damaged.json").write_text("{")
    spool.keep(parcel("good"))
    told = rerun(Fake(), tmp_path)
    faults = sorted(code for one in told for code in (codes(one) if isinstance(one, Delivery) else [one.code]))
    assert faults == ["channel-unknown", "spool-damaged"]
    assert [one.parcel.destination for one in told if isinstance(one, Delivery) and one.fate is DeliveryState.SENT] == [
        "good"
    ]
    assert len(spool.names()) == 2


class Wary(Fake):
    def refusal(self, parcel: Parcel, policy: Policy, /) -> str:
        return "" if parcel.destination == "known" else "nobody wrote it"


@pytest.mark.security
def test_a_parcel_with_an_unknown_target_is_not_sent(tmp_path: Path) -> None:
    spool, wary = Spool(tmp_path), Wary()
    spool.keep(parcel("known"))
    spool.keep(parcel("planted"))
    told = rerun(wary, tmp_path)
    assert [one.message.split(": ")[1] for one in told if isinstance(one, InputError)] == ["nobody wrote it"]
    assert [one.code for one in told if isinstance(one, InputError)] == ["spool-foreign"]
    assert [one.destination for one in wary.sent] == ["known"]
    assert kept(tmp_path) == ["planted"]


@pytest.mark.security
def test_a_repeated_secret_is_replaced_by_its_name(tmp_path: Path) -> None:
    env = {"A": "a", "API_TOKEN": "pl4nted", "MAIL_PASSWORD": "x"}
    failure = DeliveryFailed("refused", "HTTP 401: pl4nted\nis wrong", hint="pl4nted: x?")
    (done,) = deliver([parcel()], {"fake": Fake(failure)}, env, Spool(tmp_path))
    assert done.detail == r"HTTP 401: ${API_TOKEN}\nis wrong"
    assert done.error is not None
    assert (done.error.message, done.error.hint) == (done.detail, "${API_TOKEN}: x?")
    assert done.error.__context__ is None


@pytest.mark.security
def test_a_success_does_not_repeat_a_secret(tmp_path: Path) -> None:
    fake = Fake()
    (done,) = deliver([parcel()], {"fake": fake}, {"A": "pl4nted", "SECRET_A": "pl4nted"}, Spool(tmp_path))
    assert done.detail == "sent with ${SECRET_A}"
