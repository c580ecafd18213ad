"""The channels by their names in `covgov publish`."""

from __future__ import annotations

from covgov.publish.channels.github.channel import GITHUB
from covgov.publish.channels.github.coverage import GITHUB_COVERAGE
from covgov.publish.channels.gitlab.channel import GITLAB
from covgov.publish.channels.interface import Channel
from covgov.publish.channels.notify import NOTIFY
from covgov.publish.channels.prometheus import PROMETHEUS

CHANNELS: dict[str, Channel] = {
    "notify": NOTIFY,
    "prometheus": PROMETHEUS,
    "github": GITHUB,
    "github-coverage": GITHUB_COVERAGE,
    "gitlab": GITLAB,
}
