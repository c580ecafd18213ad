"""Templates under `source`, measured with Django's plug-in of coverage.py, compiled by Jinja without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from covgov.model.snapshot import Metric
from covgov.model.snapshot_codec import decode
from covgov_testing import projects

PLUGINS = Path(__file__).resolve().parents[2] / ".cache" / "plugins"

pytestmark = pytest.mark.skipif(
    not PLUGINS.is_dir(), reason=f"{PLUGINS} is absent: run `python scripts/setup/fetch_sdists.py` once"
)

PAGES = """
from pathlib import Path

import django
import jinja2
from django.conf import settings
from django.template.loader import render_to_string

HERE = Path(__file__).parent
BACKEND = "django.template.backends.django.DjangoTemplates"


def shop(user):
    settings.configure(TEMPLATES=[{"BACKEND": BACKEND, "DIRS": [HERE / "django"], "OPTIONS": {"debug": True}}])
    django.setup()
    return render_to_string("page.html", {"user": user})


def news(user):
    return jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "jinja")).get_template("news.jinja").render(user=user)
"""

FILES = {
    ".coveragerc": "[run]\nbranch = true\nsource = app\nplugins = django_coverage_plugin\n",
    "pytest.ini": "[pytest]\npythonpath = .\n",
    "app/__init__.py": "",
    "app/pages.py": PAGES,
    "app/django/page.html": "<h1>\n{% if user %}\n<p>{{ user }}</p>\n{% else %}\n<p>nobody</p>\n{% endif %}\n</h1>\n",
    "app/jinja/news.jinja": "{% if user %}for {{ user }}{% endif %}\n",
    "tests/test_pages.py": "from app.pages import news, shop\n\n\ndef test_pages():\n"
    '    assert "me" in shop("me")\n    assert news("you") == "for you"\n',
    "covgov.toml": '[suites.app]\ntests = ["tests"]\n\n[components.app]\npaths = ["app/**"]\nfail_under = 80\n',
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return projects.write(tmp_path / "project", FILES)


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = projects.environment(PYTHONPATH=str(PLUGINS), PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    return subprocess.run([sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, check=False)


def test_templates_have_the_figures_of_coverage_py(root: Path) -> None:
    done = run(root, "-m", "covgov", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not Python, so not counted without a coverage.py plug-in: app/jinja/news.jinja" in done.stdout
    assert run(root, "-m", "coverage", "run", "-m", "pytest", "tests").returncode == 0
    assert run(root, "-m", "coverage", "json", "-o", "report.json").returncode == 0
    reported = json.loads((root / "report.json").read_text(encoding="utf-8"))["files"]
    snapshot = decode((root / "coverage" / "app.snapshot").read_bytes(), "app.snapshot")
    lines = {path: file.ratio(Metric.LINE) for path, file in snapshot.files.items()}
    assert {path: (ratio.covered, ratio.total) for path, ratio in lines.items()} == {
        path: (file["summary"]["covered_lines"], file["summary"]["num_statements"]) for path, file in reported.items()
    }
    assert (lines["app/django/page.html"].covered, lines["app/django/page.html"].total) == (4, 5)


def test_a_source_that_a_test_removes_makes_the_suite_undetermined(root: Path) -> None:
    thief = 'import os\n\n\ndef test_it():\n    import app.pages\n    os.unlink("app/pages.py")\n'
    projects.write(root, {"tests/test_thief.py": thief})
    done = run(root, "-m", "covgov", "run")
    assert done.returncode == 11, done.stdout + done.stderr
    assert "app/pages.py ran, and its source went or changed" in done.stdout + done.stderr
