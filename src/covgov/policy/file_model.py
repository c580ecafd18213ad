"""The policy file as people write it: types, ranges and what each key means. `covgov.policy.meaning` reads it.

The JSON Schema that editors use is made from these types, descriptions included.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from covgov.model.snapshot import MERGED, Metric
from covgov.policy.file_fields import (
    CommentingText,
    Glob,
    Hours,
    MarkdownPath,
    MetricText,
    Name,
    OnGithubText,
    OnText,
    Percent,
    ScopeText,
    Text,
    Units,
    Words,
    Zone,
)
from covgov.policy.notification import Occasion
from covgov.policy.policy import BarScope, Commenting, On

FORMAT_VERSION = 1


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
