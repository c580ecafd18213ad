"""What the base branch's commits hold: their files, their policy, their register."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

from covgov.errors import CovgovError, InputError, PolicyInvalid, RegisterInvalid
from covgov.policy import config
from covgov.policy.policy import Policy
from covgov.register import document
from covgov.register.entry import Register
from covgov.tamper.exclusions import load_settings
from covgov.vcs.interface import SEARCH_LIMIT, Repository

Found = TypeVar("Found")
Read = Callable[[str], bytes | None]
PolicyOf = Callable[[str], tuple[Policy | None, str]]
"""Commit -> its policy, and what is wrong with its own where an older one takes its place."""


def reader(repository: Repository, commit: str) -> Read:
    """Path -> bytes of the file at the commit, None when it has none there."""
    return lambda path: repository.read(commit, path)


def policy_at(repository: Repository, commit: str) -> tuple[Policy | None, str]:
    """The commit's policy, None when nobody had written one. One that cannot be read gives way to the newest readable
    one before it: a broken policy neither blocks its repair nor weakens the gate."""

    def load(one: str) -> Policy | None:
        return config.load(reader(repository, one), at=f"at {one[:12]} (base branch)")

    return _newest(repository, commit, load)


def register_at(repository: Repository, commit: str, path: str) -> tuple[Register | None, str]:
    """The commit's register, None when there is none, or like `policy_at` the newest readable one before it."""

    def load(one: str) -> Register | None:
        data = repository.read(one, path)
        return document.read(data, f"{path} at {one[:12]}") if data else None

    return _newest(repository, commit, load)


def settings_reader(repository: Repository, commit: str, rcfile: str | None) -> Read:
    """Reads the files of the commit, or of the newest before it at which coverage.py's configuration can be read."""

    def load(one: str) -> Read:
        load_settings(reader(repository, one), rcfile)
        return reader(repository, one)

    return _newest(repository, commit, load)[0] or (lambda path: None)


def trusted_default_branch(repository: Repository, head: Policy, policy: PolicyOf | None = None) -> str:
    """The configured default branch, as the usual one configures it: a change must not choose its own base.

    policy: reads the policy of a commit. "" = it has none.
    """
    tip = repository.branch_tip(repository.remote_default()) or repository.branch_tip(repository.usual_branch())
    if tip is None:
        return head.gate.default_branch
    governed, _ = policy(tip) if policy else policy_at(repository, tip)
    return governed.gate.default_branch if governed is not None else ""


def _newest(repository: Repository, commit: str, load: Callable[[str], Found | None]) -> tuple[Found | None, str]:
    """What the newest readable of the commit and its first parents holds, and what is wrong with newer ones ("")."""
    fault = ""
    for one in islice(repository.first_parents(commit), SEARCH_LIMIT):
        try:
            found = load(one)
        except (InputError, PolicyInvalid, RegisterInvalid) as error:
            fault = fault or _first_line(error)
        else:
            return found, fault and f"{fault}; that of {one[:12]} is used"
    return None, fault


def _first_line(error: CovgovError) -> str:
    faults = error.faults if isinstance(error, PolicyInvalid) else ()
    return next(iter(faults), error.message)
