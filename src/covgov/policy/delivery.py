"""[notify] and [publish] of the policy file: who hears of what and when. None of it judges, so none of it is part of
the policy hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated

from msgspec import Struct, field

from covgov.policy.tables.fields import Flag, Glob, Hours, Many, Name, Text, Words, Zone, one_of, zone_of
from covgov.policy.tables.keys import Secret, UnsetText
from covgov.policy.tables.table import Table


class Occasion(StrEnum):
    """What a target can be alerted of; the keys of [notify] that hold targets."""

    DROP = "on_drop"
    UNDER_BAR = "on_under_bar"
    OVERDUE = "on_overdue"
    UNDETERMINED = "on_undetermined"
    FAIL = "on_fail"
    RECOVERY = "on_recovery"
    DIGEST = "on_digest"


class CommentMode(StrEnum):
    """When a pull request gets its comment. ON_CHANGE: a pass that changes nothing only updates one that is there."""

    ALWAYS = "always"
    ON_CHANGE = "on-change"
    NEVER = "never"


class GithubDelivery(StrEnum):
    """What the channel `github` delivers, as `required` names it."""

    COMMENT = "comment"
    SUITE_COMMENTS = "suite-comments"
    STATUS = "status"
    CHECK_RUN = "check-run"


class QuietHours(Struct, frozen=True):
    """From `start` (included) to `end` (excluded) by the clocks of `zone`, every day; over midnight if start > end."""

    start: time
    end: time
    zone: str = "UTC"

    def holds(self, moment: datetime) -> bool:
        """Whether an aware moment lies within."""
        clock = moment.astimezone(zone_of(self.zone)).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


Targets = Annotated[Words, Secret()]


class NotifySettings(Table, frozen=True):
    on_drop: Targets = ()
    """Alerted when a component or the project drops by more than max_drop."""
    on_under_bar: Targets = ()
    """Alerted when a figure falls below its bar and no exception waives it."""
    on_overdue: Targets = ()
    """Alerted when the review date of an exception has passed."""
    on_undetermined: Targets = ()
    """Alerted when something could not be judged."""
    on_fail: Targets = ()
    """Alerted when anything else fails: tests, the patch bar, a loosened policy."""
    on_recovery: Targets = ()
    """Alerted when everything passes again."""
    on_digest: Targets = ()
    """Targets of the weekly digest."""
    branches: Annotated[Many[Glob], UnsetText("the default branch")] = ()
    """Globs of the branches that send alerts; by default the default branch. Pull requests never send alerts."""
    quiet_hours: Hours | None = None
    """Time of day, like 22:00-07:00, in which no alerts are sent. The digest is sent at any time."""
    timezone: Zone = "UTC"
    """IANA time zone of quiet_hours, e.g. Europe/Paris."""
    required: Annotated[Many[Text], Secret()] = ()
    """Targets from the lists above that must be reached, or `covgov publish` exits with 5."""

    def misfit(self) -> str:
        if not set(self.required) <= {target for targets in self.targets.values() for target in targets}:
            return "required names a target that is in no on_... list"
        return ""

    @property
    def targets(self) -> Mapping[Occasion, tuple[str, ...]]:
        """As written, with `${NAME}` where a secret belongs."""
        return {occasion: targets for occasion in Occasion if (targets := getattr(self, occasion.value))}

    @property
    def quiet(self) -> QuietHours | None:
        return None if self.quiet_hours is None else QuietHours(*self.quiet_hours, self.timezone)


class GithubSettings(Table, frozen=True):
    comment: Annotated[CommentMode, one_of(CommentMode)] = CommentMode.ALWAYS
    """When a pull request gets a comment: always, on-change or never."""
    suite_comments: Flag = False
    """Add one comment per suite, for its maintainers."""
    status: Flag = True
    """Set a commit status."""
    check_run: Flag = False
    """Make a check run with annotations."""
    name: Name = "covgov"
    """Name of status and check run; distinguishes the comments of several projects in one repository."""
    login: Text = "github-actions[bot]"
    """Author of the comments, for tokens that cannot ask GitHub who they are."""
    required: Many[Annotated[GithubDelivery, one_of(GithubDelivery)]] = ()
    """comment, suite-comments, status, check-run: what must be delivered, or `covgov publish` exits 5."""


class GithubCoverageSettings(Table, frozen=True):
    report: Glob = "merged.xml"
    """The Cobertura report, a path below coverage/."""
    language: Text = "Python"
    """The language GitHub lists it under, as Linguist names it."""
    label: Text = "covgov"
    """The label GitHub lists it under."""
    required: Flag = False
    """It must be delivered, or `covgov publish` exits 5."""


class GitlabSettings(Table, frozen=True):
    comment: Annotated[CommentMode, one_of(CommentMode)] = CommentMode.ALWAYS
    """When a merge request gets a note: always, on-change or never."""
    name: Name = "covgov"
    """Distinguishes the notes of several projects in one repository."""
    required: Flag = False
    """It must be delivered, or `covgov publish` exits 5."""


class PublishSettings(Table, frozen=True):
    github: GithubSettings = field(default_factory=GithubSettings)
    """Comment, status and check run on GitHub."""
    github_coverage: GithubCoverageSettings = field(default_factory=GithubCoverageSettings)
    """GitHub's own display of coverage."""
    gitlab: GitlabSettings = field(default_factory=GitlabSettings)
    """The note on a merge request of GitLab."""
