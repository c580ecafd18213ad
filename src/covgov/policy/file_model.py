"""The policy file as people write it: types, ranges and what each key means. `covgov.policy.meaning` reads it.

The JSON Schema that editors use is made from these types, descriptions included.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from covgov.model.snapshot import MERGED, Metric
from covgov.policy.notification import Occasion, zone_of
from covgov.policy.policy import BarScope, Commenting, On, OnGithub

FORMAT_VERSION = 1


PLAIN = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,50})?", re.ASCII)
"""How a percentage is written: no sign, exponent or underscore, and no more digits than anyone can read."""


def number(text: str) -> Decimal | float:
    """A TOML float: exact if it is written plainly, else a float, which no percentage may be (nor any other key)."""
    return Decimal(text) if PLAIN.fullmatch(text.removeprefix("-")) else float(text.replace("_", ""))


def _exact(value: object) -> Decimal:
    if isinstance(value, float):
        context = {"value": repr(value)}
        raise PydanticCustomError("not-plain", "must be written as a plain decimal like 92.5, not {value}", context)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("not-a-number", "must be a number, not {value}", {"value": repr(value)})
    exact = Decimal(value)
    if not 0 <= exact <= 100:
        raise PydanticCustomError("out-of-range", "must lie between 0 and 100, not {value}", {"value": str(value)})
    return exact


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("not-a-count", "must be a whole number, not {value}", {"value": repr(value)})
    if value < 0:
        raise PydanticCustomError("negative", "must not be negative, not {value}", {"value": str(value)})
    return value


def _glob(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("empty-pattern", "must not be an empty pattern")
    if isinstance(value, str) and (value.startswith(("/", "./", "../")) or "\\" in value):
        words = "must be relative to the repository, with forward slashes, not {value}"
        raise PydanticCustomError("not-relative", words, {"value": repr(value)})
    return value


def _markdown(value: object) -> object:
    if isinstance(value, str) and not value.endswith(".md"):
        raise PydanticCustomError(
            "not-markdown", "must be a Markdown file, ending in .md, not {value}", {"value": value}
        )
    return _glob(value)


def _words(value: object) -> object:
    if not isinstance(value, str | list):
        raise PydanticCustomError("not-words", "must be text or a list of texts")
    return [value] if isinstance(value, str) else value


_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def _hours(value: object) -> tuple[time, time]:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if found is None or found.group(1, 2) == found.group(3, 4):
        words = "must be two different times of a day like 22:00-07:00, not {value}"
        raise PydanticCustomError("not-hours", words, {"value": repr(value)})
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def _zone(value: object) -> str:
    words = "must be a time zone that this machine knows, like Europe/Paris, not {value}"
    unknown = PydanticCustomError("not-a-zone", words, {"value": repr(value)})
    if not isinstance(value, str):
        raise unknown
    try:
        zone_of(value)
    except (KeyError, ValueError, OSError):
        raise unknown from None
    return value


Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(kind: type[Choice]) -> Callable[[object], Choice]:
    """A validator that turns text into a member and names all members when it cannot."""
    choices = ", ".join(kind)

    def chosen(value: object) -> Choice:
        member = next((choice for choice in kind if choice == value), None)
        if member is None:
            context = {"choices": choices, "value": repr(value)}
            raise PydanticCustomError("not-a-choice", "must be one of {choices}, not {value}", context)
        return member

    return chosen


Percent = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})]
Units = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 0})]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]
Glob = Annotated[str, BeforeValidator(_glob), WithJsonSchema({"type": "string", "minLength": 1})]
MarkdownPath = Annotated[
    str, BeforeValidator(_markdown), WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"\.md$"})
]
MetricText = Annotated[Metric, BeforeValidator(_one_of(Metric))]
ScopeText = Annotated[BarScope, BeforeValidator(_one_of(BarScope))]
OnText = Annotated[On, BeforeValidator(_one_of(On))]
CommentingText = Annotated[Commenting, BeforeValidator(_one_of(Commenting))]
OnGithubText = Annotated[OnGithub, BeforeValidator(_one_of(OnGithub))]
Words = Annotated[
    list[Text],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Hours = Annotated[
    tuple[time, time], BeforeValidator(_hours), WithJsonSchema({"type": "string", "pattern": f"^{_HOURS.pattern}$"})
]
Zone = Annotated[str, BeforeValidator(_zone)]


class Table(BaseModel):
    """A table of the file: unknown keys are faults, and nothing is converted between types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class RuleTable(Table):
    """One threshold of the general grammar: scope x on x metric x min / max / max_uncovered."""

    scope: ScopeText | None = None
    """What is judged: project, component, file or owner. Inside a component: component (default) or file."""
    on: OnText = On.TOTAL
    """Which units count: total, patch, new, lost or excluded."""
    metric: MetricText | None = None
    """combined, line or branch; without it the component's or the policy's. An attribute counts lines only."""
    attribute: Text | None = None
    """A test tag: only lines reached by tests that carry it count as covered."""
    paths: Annotated[list[Glob], Field(min_length=1)] | None = None
    """Globs that narrow a rule of scope file."""
    min: Percent | None = None
    """Least percentage."""
    max: Percent | None = None
    """Greatest percentage."""
    max_uncovered: Units | None = None
    """Greatest number of uncovered (on lost: lost; on excluded: excluded) units."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        wrong = _misfit(self)
        if wrong:
            raise PydanticCustomError("misfit", "{wrong}", {"wrong": wrong})
        return self


def _misfit(rule: RuleTable) -> str:
    """Why the keys of a rule do not fit together; "" when they do."""
    if rule.min is None and rule.max is None and rule.max_uncovered is None:
        return "sets no bar: give min, max or max_uncovered"
    if rule.paths is not None and rule.scope is not BarScope.FILE:
        return 'paths need scope = "file"'
    if rule.attribute is not None and rule.metric not in (None, Metric.LINE):
        return "an attribute counts lines: leave metric out"
    if rule.attribute is not None and rule.on is not On.TOTAL:
        return 'an attribute needs on = "total"'
    if rule.on in (On.LOST, On.EXCLUDED) and rule.min is not None:
        return f'on = "{rule.on}" takes max or max_uncovered, not min'
    if rule.on is not On.TOTAL and rule.scope is BarScope.OWNER:
        return 'scope = "owner" needs on = "total"'
    if rule.on in (On.NEW, On.LOST, On.EXCLUDED) and rule.scope is BarScope.FILE:
        return f'on = "{rule.on}" is judged per component or project, not per file'
    if rule.min is not None and rule.max is not None and rule.min > rule.max:
        return f"min {rule.min} is above max {rule.max}: nothing could pass"
    return ""


class PolicyTable(Table):
    fail_under: Percent = Decimal(90)
    """Least total of the project, and the default of every component."""
    fail_under_patch: Percent | None = None
    """Least coverage of the changed units; without it the same as fail_under."""
    max_drop: Percent = Decimal(2)
    """Greatest drop against the baseline in percentage points."""
    patch_allowance: Units = 0
    """Uncovered units of a patch that are forgiven."""
    metric: MetricText = Metric.COMBINED
    """combined (lines and branch exits), line or branch."""
    count_deletions: bool = False
    """Judge the plain difference: deleting covered code counts as a drop."""
    soft_start_floor: Percent | None = None
    """The lowest value that COVERAGE_FAIL_UNDER may set; without it the variable may only raise."""
    attributes: list[Text] = ["architecture", "reliability", "security"]
    """Test tags that are shown as columns."""
    default_branch: Text | None = None
    """The branch that local work is compared with; without it the remote's default."""


class SuiteTable(Table):
    tests: list[Text] = []
    """pytest paths."""
    args: list[Text] = []
    """Further pytest arguments."""
    command: list[Text] = []
    """The whole test command, instead of pytest. It writes its JUnit report to {junit}, or nobody knows what it ran."""
    python: Text | None = None
    """The interpreter that has the suite's dependencies."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.command and not any("{junit}" in word for word in self.command):
            words = "command must hand {mark} to its test runner, or failing tests would go unseen"
            raise PydanticCustomError("not-counted", words, {"mark": "{junit}"})
        return self


class ComponentTable(Table):
    paths: Annotated[list[Glob], Field(min_length=1)]
    """Globs of the component's source files, relative to the repository."""
    suite: Text | None = None
    """The suite that measures it; without it the suite of the same name."""
    fail_under: Percent | None = None
    """Least total of the component; without it policy.fail_under."""
    metric: MetricText | None = None
    """combined, line or branch; without it policy.metric."""
    rules: list[RuleTable] = []
    """Further thresholds of this component."""


class HistoryTable(Table):
    store: Text = "git:coverage-history"
    """Where runs are recorded: git:BRANCH, dir:PATH and others."""
    since: date | None = None
    """Day of the first record; from then on a missing history is undetermined, not a first run."""


class RegisterTable(Table):
    path: MarkdownPath = "tests/docs/test_framework_upgrades/coverage_exceptions.md"
    """The exception register: a Markdown file that no component claims."""
    max_term_days: Units | None = None
    """How many days a review date may lie after the approval."""


class NotifyTable(Table):
    on_drop: Words = []
    """Told when a component or the project drops by more than max_drop."""
    on_under_bar: Words = []
    """Told when a figure falls below its bar and no exception waives it."""
    on_overdue: Words = []
    """Told when the review date of an exception has passed."""
    on_undetermined: Words = []
    """Told when something could not be judged."""
    on_fail: Words = []
    """Told of whatever else fails: tests, the patch bar, a loosened policy."""
    on_recovery: Words = []
    """Told when everything passes again."""
    on_digest: Words = []
    """Told the weekly digest."""
    branches: list[Glob] = []
    """Globs of the branches that alert; without them the default branch. Pull requests never do."""
    quiet_hours: Hours | None = None
    """A time of the day like 22:00-07:00 in which nobody is alerted; the digest is sent at any time."""
    timezone: Zone = "UTC"
    """Whose clocks quiet_hours means, as the IANA names it: Europe/Paris."""
    required: list[Text] = []
    """Targets of the lists above whose loss covgov publish exits 5 with; all others are told with best effort."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        told = {target for occasion in Occasion for target in getattr(self, occasion.value)}
        if not set(self.required) <= told:
            raise PydanticCustomError("never-told", "required names a target that stands under no occasion")
        return self


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]


class GithubTable(Table):
    comment: CommentingText = Commenting.ALWAYS
    """When a pull request gets its comment: always, on-change or never."""
    suite_comments: bool = False
    """One more comment per suite, for its maintainers."""
    status: bool = True
    """Set a commit status."""
    check_run: bool = False
    """Make a check run with annotations."""
    name: Name = "covgov"
    """Name of status and check run; tells the comments of several projects of one repository apart."""
    login: Text = "github-actions[bot]"
    """Who writes the comments, for tokens that cannot say it themselves."""
    required: list[OnGithubText] = []
    """comment, suite-comments, status, check-run: what must be delivered, or `covgov publish` exits 5."""


class GithubCoverageTable(Table):
    report: Glob = "merged.xml"
    """The Cobertura report, a path below coverage/."""
    language: Text = "Python"
    """The language GitHub lists it under, as Linguist names it."""
    label: Text = "covgov"
    """The label GitHub lists it under."""
    required: bool = False
    """It must be delivered, or `covgov publish` exits 5."""


class PublishTable(Table):
    github: Annotated[GithubTable, Field(default_factory=GithubTable)]
    """Comment, status and check run on GitHub."""
    github_coverage: Annotated[GithubCoverageTable, Field(default_factory=GithubCoverageTable)]
    """GitHub's own display of coverage."""


class PolicyFile(Table):
    """covgov.toml, or [tool.covgov] of pyproject.toml."""

    version: Annotated[int, Field(ge=1, le=FORMAT_VERSION)] = FORMAT_VERSION
    """Format version of this file."""
    policy: Annotated[PolicyTable, Field(default_factory=PolicyTable)]
    suites: dict[Name, SuiteTable] = {}
    components: dict[Name, ComponentTable] = {}
    rules: list[RuleTable] = []
    """Thresholds that stand outside of any component."""
    history: Annotated[HistoryTable, Field(default_factory=HistoryTable)]
    register_: Annotated[RegisterTable, Field(alias="register", default_factory=RegisterTable)]
    notify: Annotated[NotifyTable, Field(default_factory=NotifyTable)]
    """Who is told; ${NAME} in a target is filled in from the environment when a message is sent, and never printed."""
    publish: Annotated[PublishTable, Field(default_factory=PublishTable)]


RESERVED_SUITES = frozenset({MERGED})
"""File names below coverage/ that are taken."""
