"""Jobs of GitLab, run on this machine by gitlab-emulator in a stranger's project with a bare origin."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import yaml

from covgov_testing.repos import Repo

CHECKOUT = Path(__file__).resolve().parents[3]
COMPONENT = CHECKOUT / "templates" / "govern.yml"
PLUGINS = ("anyio", "hypothesispytest", "pytest_cov", "randomly", "schemathesis", "xdist", "inline_snapshot")
"""Plugins of the prepared environment that only cost time in tiny projects."""

STRANGER = {
    "covgov.toml": (
        "version = 1\n[policy]\nfail_under = 80\nmax_drop = 2\n"
        '[suites.unit]\ntests = ["tests"]\n[components.app]\npaths = ["src/**"]\nsuite = "unit"\n'
    ),
    "pytest.ini": f"[pytest]\npythonpath = src\naddopts = {' '.join(f'-p no:{name}' for name in PLUGINS)}\n",
    ".coveragerc": "[run]\nbranch = True\nsource = src\nrelative_files = True\n",
    ".gitignore": "/coverage/\n__pycache__/\n.pytest_cache/\n",
    "src/app.py": "".join(f"LINE_{number} = {number}\n" for number in range(20)),
    "tests/test_app.py": "import app\n\n\ndef test_it():\n    assert app.LINE_0 == 0\n",
}
DROP = {
    "src/more.py": "def more(x):\n" + "".join(f"    x += {number}\n" for number in range(12)) + "    return x\n",
    "tests/test_more.py": "import more\n\n\ndef test_it():\n    assert more.more\n",
}
MISSING = '\n[suites.other]\ntests = ["other"]\n[components.other]\npaths = ["lib/**"]\nsuite = "other"\n'


def rendered(inputs: Mapping[str, str]) -> str:
    """The component as GitLab makes it: its second document, with `$[[ inputs.NAME ]]` filled in."""
    header, body = COMPONENT.read_text(encoding="utf-8").split("\n---\n")
    found = yaml.decode(header, type=dict[str, dict[str, dict[str, Input]]])["spec"]["inputs"]
    known = {name: one.default for name, one in found.items()}
    assert set(inputs) <= set(known)
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda name: {**known, **inputs}[name[1]], body)


class CoberturaReport(msgspec.Struct):
    path: str


class Reports(msgspec.Struct):
    codequality: str
    junit: str
    coverage_report: CoberturaReport


class Artifacts(msgspec.Struct):
    reports: Reports


class Job(msgspec.Struct):
    coverage: str
    artifacts: Artifacts


class Input(msgspec.Struct):
    default: str


def job_of(text: str) -> Job:
    """The parts of the job that this test reads."""
    return yaml.decode(text, type=dict[str, Job])["covgov"]


@dataclass(frozen=True)
class Ran:
    """code: of the job. text: its log. verdict, quality: what it left in coverage/."""

    code: int
    text: str
    root: Path

    @property
    def outcome(self) -> str:
        return str(json.loads((self.root / "coverage/verdict.json").read_bytes())["outcome"])

    @property
    def shown(self) -> str:
        """The percentage that GitLab takes from the log: of the last line that the job's pattern matches."""
        pattern = job_of((self.root / ".gitlab-ci.yml").read_text()).coverage[1:-1]
        found = [match for line in self.text.splitlines() if (match := re.search(pattern, line))]
        return found[-1][1] if found else ""

    def reports(self) -> dict[str, list[Path]]:
        """The reports of the job by their kinds."""
        reports = job_of((self.root / ".gitlab-ci.yml").read_text()).artifacts.reports
        paths = {"codequality": reports.codequality, "junit": reports.junit, "cobertura": reports.coverage_report.path}
        return {kind: sorted(self.root.glob(pattern)) for kind, pattern in paths.items()}


@dataclass
class Stranger:
    """A project on a GitLab. api: address of its API."""

    root: Path
    api: str
    job: str
    files: Mapping[str, str] = field(default_factory=lambda: STRANGER)

    def __post_init__(self) -> None:
        Repo(self.root / "origin.git", bare=True)
        self.repo = Repo(self.root / "shop")
        self.repo.git("remote", "add", "origin", str(self.root / "origin.git"))
        self.repo.commit({**self.files, ".gitlab-ci.yml": self.job})
        self.repo.git("push", "--quiet", "--set-upstream", "origin", "main")

    def push(self) -> Ran:
        return self._run({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"})

    def propose(self, files: Mapping[str, str]) -> str:
        """Check out the head of a merge request with these files, its id. As on a runner, the target branch is not in
        the clone."""
        self.repo.git("checkout", "--quiet", "--detach")
        self.repo.git("branch", "--quiet", "-D", "main")
        return self.repo.commit(files)

    def merge_request(self) -> Ran:
        return self._run(
            {
                "CI_PIPELINE_SOURCE": "merge_request_event",
                "CI_MERGE_REQUEST_IID": "7",
                "CI_MERGE_REQUEST_EVENT_TYPE": "detached",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.repo.git("rev-parse", "HEAD~1"),
            }
        )

    @property
    def head(self) -> str:
        return self.repo.git("rev-parse", "HEAD")

    def _run(self, more: Mapping[str, str]) -> Ran:
        variables = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": self.head,
            "CI_PROJECT_ID": "1",
            "CI_PROJECT_PATH": "acme/shop",
            "CI_API_V4_URL": self.api,
            "GITLAB_TOKEN": "planted",
            **more,
        }
        env = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "GIT", "COVERAGE"))}
        env["PATH"] = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{env['PATH']}"
        given = [part for name, value in variables.items() for part in ("--var", f"{name}={value}")]
        done = subprocess.run(
            [Path(sys.prefix) / "bin" / "gle", "--ignore-docker", *given, "covgov"],
            cwd=self.repo.root,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout + done.stderr, self.repo.root)
