"""The documents whose evidence is produced by a command, and how it is put into them.

A block stands between `<!-- evidence:NAME:begin -->` and `<!-- evidence:NAME:end -->`. What is outside is people's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import commands, cycles, memo, pull_request, tables, weekly
from covgov_testing.evidence.cycles import Told

WEEKLY = Path("docs/metrics/coverage-weekly.md")
MEMO = Path("docs/portfolio/coverage_memo_R5.md")
WITH_BLOCKS = (
    Path("tests/docs/12-test-commands.md"),
    Path("tests/docs/test_framework_upgrades/orchestration.md"),
    Path("docs/metrics/README.md"),
    Path("docs/secrets.md"),
)
BLOCK = re.compile(
    r"(?P<begin><!-- evidence:(?P<name>[\w-]+):begin -->\n).*?(?P<end>^<!-- evidence:(?P=name):end -->$)",
    re.MULTILINE | re.DOTALL,
)


def evidence(root: Path) -> tuple[Told, Mapping[str, str]]:
    """Plays the two weeks below `root`: what happened in them, and every block that a document may show."""
    stage, told = cycles.play(root)
    printed = commands.blocks(stage)
    told.request = pull_request.comment(stage)
    return told, {
        **printed,
        **tables.blocks(),
        "targets": commands.targets(),
        "proposal": fenced("diff", told.proposal),
        "summary": _table_of(told.summary),
        "metrics": fenced("text", _samples(told.metrics)),
        "files": "\n".join(f"- `coverage/{name}`" for name in told.files),
        "rotation": fenced("console", told.rotation),
        "events": weekly.events(told),
    }


def renewed(text: str, blocks: Mapping[str, str]) -> str:
    """The document with every block as it is now. Raises KeyError for one that nobody produces."""
    return BLOCK.sub(lambda found: f"{found['begin']}\n{blocks[found['name']]}\n\n{found['end']}", text)


def shown(text: str) -> list[str]:
    """Names of the blocks of a document."""
    return [found["name"] for found in BLOCK.finditer(text)]


def all_of(told: Told, blocks: Mapping[str, str]) -> Mapping[Path, str]:
    """Path -> what should stand there. The weekly page is left alone once the workflow has written it."""
    found = {path: renewed((CHECKOUT / path).read_text(encoding="utf-8"), blocks) for path in WITH_BLOCKS}
    found[MEMO] = memo.render(told, blocks)
    page = CHECKOUT / WEEKLY
    if not page.exists() or not weekly.is_real(page.read_text(encoding="utf-8")):
        found[WEEKLY] = weekly.page(told)
    return found


def fenced(kind: str, text: str) -> str:
    return f"```{kind}\n{text.strip()}\n```"


def _table_of(summary: str) -> str:
    """The table of components out of a job summary."""
    return "\n".join(summary[summary.index("| component |") :].split("\n\n", 1)[0].splitlines())


def _samples(metrics: str) -> str:
    """Those of one component and of the whole, without help texts."""
    lines = [line for line in metrics.splitlines() if not line.startswith("#")]
    return "\n".join(line for line in lines if 'name="' not in line or 'name="cart"' in line)
