"""The policy: covgov.toml as people write it *is* the type. Only the thresholds are compiled, to bars.

The JSON Schema that editors use is made from these types, descriptions included. A new key is one field here: parsing,
faults, schema, hash and `policy show` follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from msgspec import field

from covgov.model import codec
from covgov.model.snapshot import MERGED, Metric
from covgov.policy.bars import Bar, BarScope, BarUnits, Enforcement, total_bar, total_key
from covgov.policy.delivery import NotifySettings, PublishSettings
from covgov.policy.rule import BarRule, EnforcementWord, MetricWord
from covgov.policy.tables.fields import (
    Day,
    Directory,
    Flag,
    Globs,
    Many,
    MarkdownPath,
    Name,
    Percent,
    SomeGlobs,
    Text,
    Units,
    one_of,
    version_up_to,
)
from covgov.policy.tables.keys import Consequence, StrictDirection, UnsetText
from covgov.policy.tables.table import Internal, Table, dump

FORMAT_VERSION = 1

REGISTER = "docs/coverage-exceptions.md"
"""The register's usual path."""

RESERVED_SUITES = frozenset({MERGED})
"""File names below coverage/ that are taken."""


class LooseningEffect(StrEnum):
    """What a change that makes a gate easier does, unless it is approved."""

    FAIL = "fail"
    REPORT = "report"


class GateSettings(Table, frozen=True):
    fail_under: Annotated[Percent | None, StrictDirection.BAR] = None
    """Minimum total coverage of the project, and the default for every component; without it there is no such bar."""
    fail_under_patch: Annotated[Percent | None, StrictDirection.BAR, UnsetText("policy.fail_under")] = None
    """Minimum coverage of the changed units; by default fail_under."""
    max_drop: Annotated[Percent, StrictDirection.LOWER] = Decimal(2)
    """Maximum drop against the baseline in percentage points."""
    patch_allowance: Annotated[Units, StrictDirection.LOWER] = 0
    """Uncovered units that a patch may have whatever its percentage."""
    metric: Annotated[MetricWord, StrictDirection.SAME, Consequence("the project's bar measures something else")] = (
        Metric.COMBINED
    )
    """combined (lines and branch exits), line or branch."""
    count_deletions: Annotated[Flag, StrictDirection.HIGHER, Consequence("drops count differently")] = False
    """Count the deletion of covered code as a drop."""
    soft_start_floor: Annotated[Percent | None, StrictDirection.HIGHER, Consequence("bars can be lowered further")] = (
        None
    )
    """Lowest value that COVERAGE_FAIL_UNDER may set; without it the variable can only raise the bar."""
    enforcement: EnforcementWord = Enforcement.ENFORCE
    """enforce, or evaluate: judge and report everything as always, and exit 0."""
    loosening: Annotated[
        LooseningEffect,
        one_of(LooseningEffect),
        StrictDirection.DEFAULT,
        Consequence("loosenings no longer fail"),
    ] = LooseningEffect.FAIL
    """What a change that loosens this policy does without an approval: fail, or report (a note)."""
    attributes: Annotated[Many[Text], StrictDirection.NEITHER] = ()
    """Test tags that are shown as columns."""
    default_branch: Annotated[
        Text, StrictDirection.SAME, UnsetText("the remote's"), Consequence("the base is another one")
    ] = ""
    """Branch that local work is compared with; by default the remote's default branch."""


class NamedTable(Table, frozen=True):
    """A table under a name that people choose."""

    name: Annotated[str, Internal()] = ""

    def named(self, name: str) -> Self:
        """The same under another name."""
        return self._with({"name": name}, self.given)


class SuiteRunner(StrEnum):
    """What runs the tests of a suite without a `command`."""

    PYTEST = "pytest"
    UNITTEST = "unittest"


class Suite(NamedTable, frozen=True):
    """A test run that measures one or more components."""

    tests: Many[Text] = ()
    """Paths of the tests: for pytest, or directories and files for unittest."""
    args: Many[Text] = ()
    """Further arguments of pytest or of unittest."""
    runner: Annotated[SuiteRunner, one_of(SuiteRunner)] = SuiteRunner.PYTEST
    """pytest or unittest."""
    deselect: Many[Text] = ()
    """Tests that are not run: pytest node ids (PATH::TEST), paths, or ids of unittest. Every verdict lists them."""
    command: Annotated[Many[Text], UnsetText("none")] = ()
    """The whole test command, of any language and tool. {junit} in it is a path for its JUnit report."""
    reports: Globs = ()
    """Coverage reports that the command writes, as paths or globs; without them it is measured by coverage.py. Those of
    a former run are deleted before it."""
    junit: Annotated[Globs, UnsetText("none")] = ()
    """JUnit reports that the command writes, as paths or globs."""
    python: Annotated[Text, UnsetText("the environment's")] = ""
    """The interpreter that has the suite's dependencies."""
    root: Annotated[Directory, UnsetText("found")] = ""
    """Directory that the paths in its reports start from; by default found by where the report and the files are."""

    def misfit(self) -> str:
        return _unfit(self)

    @property
    def counted(self) -> bool:
        """Whether the run must say how many tests it ran."""
        return not self.command or bool(self.junit) or any("{junit}" in word for word in self.command)


def _unfit(suite: Suite) -> str:
    """Why the keys of a suite do not fit together; "" when they do."""
    if suite.command and suite.deselect:
        return "deselect is for pytest and unittest: leave tests out in the command itself"
    if suite.command and suite.runner is not SuiteRunner.PYTEST:
        return "a suite has a runner or a command, not both"
    if not suite.command and (suite.reports or suite.junit):
        return f"{'reports' if suite.reports else 'junit'} needs a command that writes it"
    return ""


class Component(NamedTable, frozen=True):
    """A set of source paths with its own suite. What the file leaves out is filled in when the policy is read."""

    paths: SomeGlobs = ()
    """Globs of the component's source files, relative to the repository."""
    rest: Flag = False
    """Instead of paths: whatever is measured and no other component claims."""
    suite: Text = ""
    """The suite that measures it; without it the suite of the same name."""
    fail_under: Percent | None = None
    """Least total of the component; without it policy.fail_under."""
    metric: MetricWord = Metric.COMBINED
    """combined, line or branch; without it policy.metric."""
    enforcement: EnforcementWord = Enforcement.ENFORCE
    """enforce or evaluate (report, but do not fail); without it policy.enforcement."""
    rules: Many[BarRule] = ()
    """Further thresholds of this component."""

    def placed(self, name: str, gate: GateSettings) -> Component:
        """The component under its name; suite, bar and metric that it does not set come from its name and the gate."""
        inherited = {
            "suite": name,
            "fail_under": gate.fail_under,
            "metric": gate.metric,
            "enforcement": gate.enforcement,
        }
        return self.filled(inherited).named(name)


class HistorySettings(Table, frozen=True):
    store: Annotated[Text, StrictDirection.SAME, Consequence("earlier runs are not there")] = "git:coverage-history"
    """Where runs are recorded: git:BRANCH, dir:PATH and others."""
    since: Annotated[Day | None, StrictDirection.LOWER, Consequence("a lost history would look like a first run")] = (
        None
    )
    """Day of the first record; from then on a missing history is undetermined, not a first run."""


class ExceptionSettings(Table, frozen=True):
    path: Annotated[MarkdownPath, StrictDirection.SAME, Consequence("the exceptions of the base are not there")] = (
        REGISTER
    )
    """The exception register: a Markdown file that no component claims."""
    max_term_days: Annotated[Units | None, StrictDirection.LOWER] = None
    """Maximum number of days between the approval and the review date."""


class Policy(Table, frozen=True):
    """covgov.toml, or [tool.covgov] of pyproject.toml."""

    version: Annotated[int, version_up_to(FORMAT_VERSION)] = FORMAT_VERSION
    """Format version of this file."""
    gate: GateSettings = field(name="policy", default_factory=GateSettings)
    """What the project as a whole must keep."""
    suites: dict[Name, Suite] = field(default_factory=dict)
    components: dict[Name, Component] = field(default_factory=dict)
    rules: Many[BarRule] = ()
    """Thresholds outside of any component."""
    history: HistorySettings = field(default_factory=HistorySettings)
    exceptions: ExceptionSettings = field(name="register", default_factory=ExceptionSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    """Who is alerted; ${NAME} in a target is filled in from the environment when a message is sent, never printed."""
    publish: PublishSettings = field(default_factory=PublishSettings)

    names: Annotated[Mapping[str, str], Internal()] = field(default_factory=dict)
    """Path at head -> the name under which the policy judges the file: a base branch's policy knows what a change
    renames as it was called there."""

    def by_names(self, names: Mapping[str, str]) -> Self:
        """The same policy, which judges these files under other names."""
        return self._with({"names": names}, self.given)

    def placed(self) -> Self:
        """Suites and components under their names; what a component does not set comes from the gate."""
        return self.copy(
            suites={name: one.named(name) for name, one in self.suites.items()},
            components={name: one.placed(name, self.gate) for name, one in self.components.items()},
        )

    @property
    def expected(self) -> tuple[str, ...]:
        """Names of the suites that must arrive, sorted."""
        return tuple(sorted(self.suites))

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """The policy's own, each component's, then the rules."""
        return (*_own_bars(self), *_rule_bars(self))

    def written(self, key: str) -> str:
        """The key under which the file sets a bar: of a bar that it does not spell out, the one it comes from."""
        unset = {total_key(name) for name, one in self.components.items() if "fail_under" not in one.given}
        unset |= {"policy.fail_under_patch"} if self.gate.fail_under_patch is None else set()
        return "policy.fail_under" if key in unset else key

    @cached_property
    def rules_by_key(self) -> Mapping[str, BarRule]:
        """Every rule under its key, as bars and findings name it."""
        inner = {f"components.{name}.": one.rules for name, one in self.components.items()}
        return {
            f"{table}rules[{i}]": rule
            for table, rules in {"": self.rules, **inner}.items()
            for i, rule in enumerate(rules)
        }

    @cached_property
    def hash(self) -> str:
        """sha256 of the meaning of all that judges: comments, spelled-out defaults and who is alerted do not matter."""
        return hashlib.sha256(codec.encode({**dump(self, NOT_HASHED), "bars": self.bars})).hexdigest()


NOT_HASHED: Mapping[type[Table], frozenset[str]] = {
    Policy: frozenset({"version", "notify", "publish", "rules"}),
    GateSettings: frozenset({"fail_under", "fail_under_patch"}),
    Component: frozenset({"rules"}),
}
"""What no verdict depends on, and the thresholds, which the bars stand for."""


def _own_bars(policy: Policy) -> Iterator[Bar]:
    gate = policy.gate
    patch = gate.fail_under if gate.fail_under_patch is None else gate.fail_under_patch
    for key, on, least in (
        ("fail_under", BarUnits.TOTAL, gate.fail_under),
        ("fail_under_patch", BarUnits.PATCH, patch),
    ):
        if least is not None:
            enforced = gate.enforcement is Enforcement.ENFORCE
            yield Bar(f"policy.{key}", BarScope.PROJECT, on, gate.metric, min=least, enforced=enforced)
    for name, component in policy.components.items():
        if component.fail_under is not None:
            enforced = component.enforcement is Enforcement.ENFORCE
            yield total_bar(name, component.metric, component.fail_under, enforced=enforced)


def _rule_bars(policy: Policy) -> Iterator[Bar]:
    """Top-level rules come before those of components: a tie between two file bars goes to the later one."""
    for index, rule in enumerate(policy.rules):
        if rule.scope is BarScope.COMPONENT:
            for name, component in policy.components.items():
                yield rule.bar(f"rules[{index}]", component.metric, component.enforcement, name)
        else:
            yield rule.bar(f"rules[{index}]", policy.gate.metric, policy.gate.enforcement)
    for name, component in policy.components.items():
        for index, rule in enumerate(component.rules):
            yield rule.bar(f"components.{name}.rules[{index}]", component.metric, component.enforcement, name)
