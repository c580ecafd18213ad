"""Guards that every test runs under: no network but loopback, no real home, no host git configuration, no CI variables,
and no way to push to the remote of the checkout that the tests are run from."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import stamina
from hypothesis import HealthCheck, settings

from covgov.pytest_plugin import DEFAULT
from covgov_testing.guard import blocking, remotes_of
from covgov_testing.laws import examples

# No test may depend on how fast the machine is.
settings.register_profile(
    "covgov", max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("covgov")

# What is imported and collected lives to the end: looking through it for garbage takes a tenth of the time.
gc.disable()

# Also in fixtures of a module, which have the user's own home.
os.environ["COVGOV_CACHE"] = "off"

CHECKOUT = Path(__file__).resolve().parent.parent
FOREIGN = ("CI", "GITHUB_", "GITLAB_", "CI_", "COVERAGE_FAIL_UNDER", "COVERAGE_CONTEXT", "GIT_", "SLACK_")
KEPT = ("COVGOV_CORPUS",)


REMOTES = remotes_of(CHECKOUT)
_HOMES = count()


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith(FOREIGN) and name not in KEPT:
            monkeypatch.delenv(name)
    # not mktemp: it looks through all homes before this one
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_HOMES))
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.chdir(home)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    # a repository of a test needs no sample hooks, and no disk to have it before the test goes on
    config = ["[user]", "name = Test", "email = test@example.invalid", "[init]", "defaultBranch = main"]
    config += ["templateDir =", "[core]", "fsync = none", *blocking(REMOTES)]
    (home / ".gitconfig").write_text("\n".join(config) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Failed requests are repeated as often as ever, but at once."""
    stamina.set_testing(True, attempts=100, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and isinstance(address[0], str) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}: tests need no network")
        connect(self, address)  # type: ignore[arg-type]  # typeshed's _Address is private

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the same quality attributes one after the other: at every change coverage.py writes its data."""
    items.sort(key=lambda item: sorted({mark.name for mark in item.iter_markers() if mark.name in DEFAULT}))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Each xdist worker collects for itself, and all must find the same ids: packed bytes may hold the time of day."""
    if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()):
        return argname
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("COVGOV_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("COVGOV_NO_SKIPS is set: a skipped test is a failure", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("COVGOV_NO_SKIPS") or not isinstance(reporter, pytest.TerminalReporter):
        return
    if reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
