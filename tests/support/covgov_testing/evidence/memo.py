"""docs/portfolio/coverage_memo_R5.md from its template and what the two weeks showed."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from covgov.policy.bars import BarScope, BarUnits, spelled
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import own
from covgov_testing.evidence.cycles import Told
from covgov_testing.evidence.tables import policy

FOLDER = CHECKOUT / "docs" / "portfolio"
TEMPLATE = "coverage_memo.md.jinja"


def render(told: Told, blocks: Mapping[str, str]) -> str:
    """The memo. Raises UndefinedError for a name in the template that nobody fills."""
    # Markdown is written, not HTML: what is filled in comes from this repository and the shop
    environment = Environment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True
    )
    bars = {
        bar.component: f"{spelled(bar.min)} %"
        for bar in policy().bars
        if bar.scope is BarScope.COMPONENT and bar.on is BarUnits.TOTAL and not bar.attribute and bar.min is not None
    }
    return environment.get_template(TEMPLATE).render(
        bars=bars,
        runs=sum(event.code is not None for event in told.events),
        failed=sum(event.code not in (None, 0) for event in told.events),
        accounts=len(told.digests),
        alerts=told.alerts,
        drop=told.drop.strip(),
        mail=told.mail,
        blocks=blocks,
        own=own.recorded(),
        missing=own.MISSING,
    )
