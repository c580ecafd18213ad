"""The pages of what `covgov.judge.waivers` finds: entries of the register that waive nothing."""

from __future__ import annotations

from covgov.judge.interface import RulePage

PAGES = (
    RulePage(
        id="exception-incomplete",
        title="An exception has empty columns",
        why="An exception without an owner, a reason, a mitigation or a review date cannot be followed up.",
        example="[exception-incomplete] EX-001 (component:api, combined): these columns are empty: owner, rationale",
        fix="Fill in the row and merge it: a row waives once it is on the base branch.",
    ),
    RulePage(
        id="exception-overdue",
        title="The review date of an exception has passed",
        why="An exception is for a while. From the day after its review date the bar is back.",
        example="[exception-overdue] EX-001 (component:api, combined): its review date 2026-11-01 has passed",
        fix="Raise the coverage, or renew the review date in a change of its own.",
    ),
    RulePage(
        id="exception-overlong",
        title="The review date of an exception is too far away",
        why="`register.max_term_days` limits how long an exception may last.",
        example=(
            "[exception-overlong] EX-001 (component:api, combined): its review date 2027-06-01 is more than "
            "90 days after its approval (2026-11-01), the limit of register.max_term_days"
        ),
        fix="Set an earlier review date.",
    ),
    RulePage(
        id="exception-unapproved",
        title="An exception is new in the change that it would excuse",
        why="Nobody excuses their own change: a row waives once it is on the base branch.",
        example="[exception-unapproved] EX-001 (component:api, combined) is new in this change and cannot waive in it",
        fix="Merge the row first, in a change that touches only the register.",
    ),
    RulePage(
        id="exception-below-floor",
        title="The figure fell below the floor of its exception",
        why="An exception accepts today's figure, not every later loss.",
        example="[exception-below-floor] EX-001 (component:api, combined) is below its floor: 50/100 = 50.00 % < 60 %",
        fix="Raise the coverage to the floor again.",
    ),
    RulePage(
        id="exception-unused",
        title="An exception waives nothing",
        why="The figure meets its bar, or the code is gone.",
        example="[exception-unused] EX-001 (component:api, combined) waives nothing: 95/100 = 95.00 % meets every bar",
        fix="`covgov exceptions sync` marks the row as resolved.",
    ),
)
