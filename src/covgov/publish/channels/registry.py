"""Which channels there are: what `covgov publish` calls them -> the channel."""

from __future__ import annotations

from covgov.publish.channels.interface import Channel

CHANNELS: dict[str, Channel] = {}
