from __future__ import annotations

import pytest

from covgov_testing.installed import Installed, install


@pytest.fixture(scope="session")
def covgov(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("installed"))
