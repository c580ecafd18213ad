from __future__ import annotations

import subprocess
import sys

from covgov.publish.channels.registry import CHANNELS


def test_channels_are_called_by_their_names() -> None:
    assert {name: channel.name for name, channel in CHANNELS.items()} == {name: name for name in CHANNELS}
    assert "notify" in CHANNELS


def test_the_registry_does_not_import_http_clients() -> None:
    heavy = "('apprise', 'requests', 'httpx2')"
    code = f"import sys, covgov.publish.channels.registry; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
