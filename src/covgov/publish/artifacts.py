"""The files that are published of a judgement, below `coverage/`."""

from __future__ import annotations

from collections.abc import Callable

from covgov.judge.facts import Facts
from covgov.model import snapshot_codec
from covgov.model.verdict import Verdict
from covgov.publish.registry import RENDERERS
from covgov.publish.reports.registry import PUBLISHED as REPORTS
from covgov.publish.reports.registry import WRITERS
from covgov.register import document
from covgov.register.patch import unified
from covgov.register.sync import sync
from covgov.vcs import codeowners

RECORD = "verdict.record"
"""The checked run (history.saved_run), which `covgov history push` records."""

CODE_QUALITY = "gl-code-quality-report.json"
"""What GitLab shows in a merge request, by the name that its documentation uses."""

PUBLISHED = (
    *("verdict.json", RECORD, "summary.md", "verdict-junit.xml", CODE_QUALITY, "exceptions.patch", "digest.md"),
    "merged.snapshot",
    *(f"merged.{suffix}" for suffix in REPORTS),
)
"""Every file that covgov publishes of a judgement: what a new run takes away before it begins."""


def artifacts(verdict: Verdict, facts: Facts, read: Callable[[str], bytes | None]) -> dict[str, bytes]:
    """The verdict in every form: file name -> bytes."""
    return {
        "verdict.json": RENDERERS["json"](verdict).encode(),
        "summary.md": RENDERERS["markdown"](verdict).encode(),
        "verdict-junit.xml": RENDERERS["junit"](verdict).encode(),
        CODE_QUALITY: RENDERERS["gitlab"](verdict).encode(),
        "exceptions.patch": proposal(verdict, facts, read).encode(),
    }


def merged_reports(facts: Facts) -> dict[str, bytes]:
    """The merge of all suites in every format; nothing when no suite arrived."""
    if facts.merged is None:
        return {}
    reports = {f"merged.{suffix}": WRITERS[name].write(facts.merged) for suffix, name in REPORTS.items()}
    return {"merged.snapshot": snapshot_codec.encode(facts.merged), **reports}


def proposal(verdict: Verdict, facts: Facts, read: Callable[[str], bytes | None]) -> str:
    """What the register should learn from this verdict, as a diff for `git apply`; "" when it is up to date."""
    if facts.register is None:
        return ""
    path, text = facts.register.path, facts.register.text
    owners = codeowners.find(read).owner_of
    synced = sync(facts.register, verdict, owners=owners, today=verdict.today, base=facts.base_register)
    return unified(path, None if read(path) is None else text, document.render(synced))
