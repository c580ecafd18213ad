"""The policy as frozen values. `covgov.policy.config` makes them from TOML; nothing else does.

Every threshold is a `Bar`: scope x on x metric x min / max / max_uncovered. `fail_under` and its relatives are spelled
as bars when the file is read, so that rules, comparison and tamper detection know one
thing only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from covgov.model.snapshot import Metric
from covgov.policy.notification import NotifyPolicy


class BarScope(StrEnum):
    PROJECT = "project"
    COMPONENT = "component"
    FILE = "file"
    OWNER = "owner"


class On(StrEnum):
    """Which units a bar looks at."""

    TOTAL = "total"
    PATCH = "patch"
    NEW = "new"
    LOST = "lost"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Bar:
    """One threshold. At least one of min (per cent), max (per cent) and max_uncovered (units) is set.

    key: where it stands in the file (`components.auth.fail_under`, `components.auth.rules[0]`).
    component: "" for a project-wide bar. paths: globs, for scope file; () = every file of the component.
    attribute: "" or the tag that tests must carry for their lines to count.
    """

    key: str
    scope: BarScope
    on: On
    metric: Metric
    min: Decimal | None = None
    max: Decimal | None = None
    max_uncovered: int | None = None
    component: str = ""
    paths: tuple[str, ...] = ()
    attribute: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two bars of two policies the same bar."""
        return (self.scope, self.on, self.metric, self.component, self.attribute, *sorted(self.paths))


@dataclass(frozen=True, slots=True)
class Suite:
    """A named test run. `tests` are pytest paths and `args` further pytest arguments; `command` replaces the default
    test
    command; `python` names the interpreter that has the suite's dependencies ("" = the environment's)."""

    name: str
    tests: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """A named set of source paths with its own suite. `fail_under` is its total bar, kept here for display."""

    name: str
    paths: tuple[str, ...]
    suite: str
    metric: Metric
    fail_under: Decimal


@dataclass(frozen=True, slots=True)
class HistoryPolicy:
    """store: `git:BRANCH`, `dir:PATH`, ... since: the day of the first record; from then on absence is undetermined."""

    store: str = "git:coverage-history"
    since: date | None = None


@dataclass(frozen=True, slots=True)
class RegisterPolicy:
    """Where the exception register lives and how long (days) a review date may lie after the approval."""

    path: str = "tests/docs/test_framework_upgrades/coverage_exceptions.md"
    max_term_days: int | None = None


class Commenting(StrEnum):
    """When a pull request gets its comment. ON_CHANGE: a pass that changes nothing only updates one that is there."""

    ALWAYS = "always"
    ON_CHANGE = "on-change"
    NEVER = "never"


class OnGithub(StrEnum):
    """What the channel `github` delivers, as `required` names it."""

    COMMENT = "comment"
    SUITE_COMMENTS = "suite-comments"
    STATUS = "status"
    CHECK_RUN = "check-run"


@dataclass(frozen=True, slots=True)
class GithubPolicy:
    """What pull requests and commits are told. name: of status and check run, and of the comment it is found by.

    login: who writes the comments when the token cannot say it. required: what exits 5 when it cannot be delivered.
    """

    comment: Commenting = Commenting.ALWAYS
    suite_comments: bool = False
    status: bool = True
    check_run: bool = False
    name: str = "covgov"
    login: str = "github-actions[bot]"
    required: tuple[OnGithub, ...] = ()


@dataclass(frozen=True, slots=True)
class GithubCoveragePolicy:
    """The Cobertura report (below `coverage/`) that GitHub itself shows, and how it is listed there."""

    report: str = "merged.xml"
    language: str = "Python"
    label: str = "covgov"
    required: bool = False


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    github: GithubPolicy = GithubPolicy()
    github_coverage: GithubCoveragePolicy = GithubCoveragePolicy()


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a person decided, with defaults filled in.

    attributes: the quality attributes shown as columns. source: globs of files that should be measured when they change
    (empty = the components' paths). soft_start_floor: the lowest value COVERAGE_FAIL_UNDER may set, None = may only
    raise.
    raw_hash: sha256 of the canonical meaning of all that judges, printed as the policy hash.
    """

    fail_under: Decimal = Decimal(90)
    metric: Metric = Metric.COMBINED
    max_drop: Decimal = Decimal(2)
    patch_allowance: int = 0
    count_deletions: bool = False
    soft_start_floor: Decimal | None = None
    attributes: tuple[str, ...] = ("architecture", "reliability", "security")
    suites: Mapping[str, Suite] = field(default_factory=dict)
    components: Mapping[str, Component] = field(default_factory=dict)
    bars: tuple[Bar, ...] = ()
    history: HistoryPolicy = HistoryPolicy()
    register: RegisterPolicy = RegisterPolicy()
    notify: NotifyPolicy = field(default_factory=NotifyPolicy)
    publish: PublishPolicy = PublishPolicy()
    default_branch: str = ""
    raw_hash: str = ""

    @property
    def expected(self) -> tuple[str, ...]:
        """Names of the suites that must arrive, sorted."""
        return tuple(sorted(self.suites))
