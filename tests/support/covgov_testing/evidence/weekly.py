"""docs/metrics/coverage-weekly.md as `make cycles` writes it: two weeks of the shop, until the first real account."""

from __future__ import annotations

from covgov_testing.evidence.cycles import Event, Told

REAL = "# Coverage digest "
"""How the account begins that coverage-digest.yml writes here."""

OUTCOMES = {0: "pass", 10: "fail", 11: "undetermined"}
HEAD = """\
# The weekly account, rehearsed

Every Monday the workflow `coverage-digest` replaces this page by the account of the week before. Until it has done so
for the first time, the page shows two weeks of a small shop, played by `make cycles` in temporary repositories: real
commits, real suites, `covgov run` as CI calls it, the weekly job's commands, a webhook and a mail server on loopback.
Only the clock is set by hand, and durations are shown as (time), because they differ. A test plays the weeks again and
compares.

The first week has a failing component and the exception that lets it wait; the second a drop of six points, the day
on which an alert's address was replaced, and the recovery. Nobody started, sent or wrote an account: what people did
is their work on code, tests and the one row of the register.
"""


def page(told: Told) -> str:
    accounts = [digest.replace("\n## ", "\n### ").replace("# Coverage", "## Coverage", 1) for digest in told.digests]
    register = told.register[told.register.index("| id |") :].split("\n\n", 1)[0]
    parts = [HEAD, "## What happened\n", f"{events(told)}\n", *accounts, "## The register in the end\n", register]
    return "\n".join(parts) + "\n"


def events(told: Told) -> str:
    rows = ["| when (UTC) | who | what | verdict | received |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*rows, *map(_row, told.events)])


def is_real(text: str) -> bool:
    """Whether the workflow wrote this page."""
    return text.startswith(REAL)


def _row(event: Event) -> str:
    verdict = "-" if event.code is None else f"{OUTCOMES[event.code]} ({event.code})"
    heard = "; ".join(event.told) or "-"
    return f"| {event.at:%a %Y-%m-%d %H:%M} | {event.who} | {event.what} | {verdict} | {heard} |"
