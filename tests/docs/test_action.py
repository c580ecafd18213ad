"""action.yml, the reusable workflow and the workflow that `covgov init --ci github` writes: pinned, linted, documented."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from ruamel.yaml import YAML

from covgov.policy import config
from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.fork_workflow import fork_workflow
from covgov.scaffold.github_workflow import PINS, github_workflow, requirements
from covgov.scaffold.workflow import install
from covgov_testing import workflow_files
from covgov_testing.act import CHECKOUT
from covgov_testing.trees import A_TEST, tree
from covgov_testing.workflow_files import Step

BIN = Path(sys.executable).parent
COMMIT = "c0ffee" + "0" * 34
ADDRESS = f"acme/covgov@{COMMIT}"
TEXTS = {
    "action.yml": (CHECKOUT / "action.yml").read_text(encoding="utf-8"),
    "govern.yml": workflow_files.text("govern.yml"),
}
STEPS = [
    *workflow_files.action().runs.steps,
    *(s for j in workflow_files.jobs(workflow_files.REUSABLE).jobs.values() for s in j.steps),
]
FORK = workflow_files.text("fork-coverage.yml")
PYTHON = {"pyproject.toml": "", "requirements.txt": "", "pkg/__init__.py": "", "tests/test_a.py": A_TEST}
FOREIGN = {"web/package.json": "{}", "web/package-lock.json": "{}", "svc/go.mod": "", "app/pom.xml": ""}
REPOSITORIES = {
    "python": tree(PYTHON),
    "foreign": tree(FOREIGN),
    "all": tree({**PYTHON, **FOREIGN, "package.json": "{}", "yarn.lock": ""}),
    "hostile": tree(
        {"a ${{ github.token }}/package.json": "{}", "x; rm -rf/requirements.txt": "", "b.py": "", "-/go.mod": ""}
    ),
}


class Judging(msgspec.Struct):
    """What matters of a workflow that judges."""

    on: dict[str, object]
    permissions: dict[str, str]
    jobs: dict[str, workflow_files.Steps]


def lint(path: Path, *schema: str) -> None:
    """Each checker finds nothing."""
    commands = [["zizmor", "--offline", "--persona=pedantic", "--no-config", "--quiet"]]
    commands += [["check-jsonschema", "--builtin-schema", *schema]]
    commands += [["actionlint", "-no-color"]] if "actions" not in schema[0] else []
    for command in commands:
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:], str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.security
def test_the_checkers_find_nothing_in_the_action() -> None:
    lint(CHECKOUT / "action.yml", "vendor.github-actions")


@pytest.mark.security
@pytest.mark.parametrize("suites", [("tests",), ("api", "on", "1.0")], ids=len)
@pytest.mark.parametrize("name", REPOSITORIES)
def test_the_checkers_find_nothing_in_what_init_writes(name: str, suites: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "covgov.yml").write_text(github_workflow(REPOSITORIES[name], "main", suites, ADDRESS), encoding="utf-8")
    lint(folder / "covgov.yml", "vendor.github-workflows")


@pytest.mark.security
def test_the_checkers_find_nothing_but_the_one_exception_in_the_workflow_for_forks(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = fork_workflow(ADDRESS)
    (folder / "covgov-fork.yml").write_text(text, encoding="utf-8")
    lint(folder / "covgov-fork.yml", "vendor.github-workflows")
    assert text.count("zizmor: ignore") == text.count("zizmor: ignore[dangerous-triggers]") == 1
    own, ours = (msgspec.convert(YAML(typ="safe", pure=True).load(one), Judging) for one in (text, FORK))
    assert own.permissions == ours.permissions == {}
    assert own.jobs["publish"].permissions == ours.jobs["publish"].permissions
    assert own.jobs["publish"].steps[0] == ours.jobs["publish"].steps[0]


@pytest.mark.security
def test_a_name_in_the_repository_is_no_expression_and_no_command_of_the_workflow() -> None:
    text = github_workflow(REPOSITORIES["hostile"], "main", ("tests",), ADDRESS)
    assert "rm -rf" not in text
    assert "github.token" not in text


def test_each_language_gets_what_its_tests_need() -> None:
    text = github_workflow(REPOSITORIES["foreign"], "main", ("tests",), ADDRESS)
    for needed in (
        "setup-node@",
        "working-directory: web\n        run: npm ci",
        "go-version-file: svc/go.mod",
        "setup-java@",
    ):
        assert needed in text
    assert "setup-python@" not in text
    assert "yarn install --frozen-lockfile" in github_workflow(REPOSITORIES["all"], "main", ("tests",), ADDRESS)
    assert "python -m pip install -r requirements.txt" in github_workflow(
        REPOSITORIES["python"], "main", ("tests",), ADDRESS
    )


def test_the_job_for_gitlab_installs_each_language_in_its_image_of_python() -> None:
    covgov = "python -m pip install 'covgov[http]'"
    assert list(install(REPOSITORIES["foreign"])) == [
        "apt-get update",
        "apt-get install -y golang maven nodejs npm",
        "(cd ./web && npm ci)",
        covgov,
    ]
    assert "npm install --global corepack" in install(REPOSITORIES["all"])
    assert list(install(REPOSITORIES["python"])) == [*requirements(REPOSITORIES["python"]), covgov]
    assert not [step for step in install(REPOSITORIES["hostile"]) if "rm -rf" in step or "token" in step]


@pytest.mark.security
@pytest.mark.parametrize("name", TEXTS)
def test_every_action_is_pinned_to_a_commit_that_is_listed(name: str) -> None:
    known = {f"{action}@{pin.commit} # {pin.tag}" for action, pin in workflow_files.pins().items()}
    used = re.findall(r"^ +(?:- )?uses: (.+)", TEXTS[name], re.MULTILINE)
    assert used
    assert {line for line in used if line != "$/."} <= known


def test_inputs_are_those_that_the_actions_have() -> None:
    for step in STEPS:
        pin = workflow_files.pins().get(step.action[0])
        if pin is not None:
            assert set(step.given) <= set(pin.inputs)
            assert set(step.given) <= set(workflow_files.stand_in(pin).inputs)
        if step.uses == "$/.":
            assert set(step.given) <= set(workflow_files.action().inputs)


def test_init_writes_the_pins_that_this_repository_uses() -> None:
    known = workflow_files.pins()
    assert {name: (known[name].commit, known[name].tag) for name in PINS} == PINS


@pytest.mark.security
@pytest.mark.parametrize("step", [step for step in STEPS if step.run], ids=lambda step: step.name)
def test_nothing_is_interpolated_into_a_command(step: Step) -> None:
    assert "${{" not in step.run


def run_step(name: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The step of the action with `echo` for covgov: it prints covgov's arguments."""
    (step,) = [step for step in STEPS if step.name == name and "COVGOV" in step.env]
    given = {"PATH": os.environ["PATH"], "COVGOV": "echo", "GITHUB_OUTPUT": str(folder / "output"), **env}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


@pytest.mark.security
@pytest.mark.parametrize("mode", ["run", "all"])
@pytest.mark.parametrize(
    ("suites", "reports"),
    [
        ("--help", ""),
        ("api, -h", ""),
        ("api\n--help", ""),
        ("", "--help=a.xml"),
        ("", "api=a.xml\nb.xml"),
        ("", "api="),
    ],
)
def test_an_input_that_is_no_suite_and_no_report_ends_the_job(
    mode: str, suites: str, reports: str, tmp_path: Path
) -> None:
    done = run_step("Measure", tmp_path, MODE=mode, SUITES=suites, REPORTS=reports)
    assert done.returncode == 2, done.stdout
    assert done.stdout.startswith("::error title=covgov::")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.security
def test_a_value_reaches_covgov_as_one_argument_and_no_option(tmp_path: Path) -> None:
    reports = "\n  api=a b.xml\n\n  api=$(touch pwned).xml\n  unit-x.1=--help\n"
    done = run_step("Measure", tmp_path, MODE="run", SUITES="auth,log *", REPORTS=reports)
    assert done.stdout.splitlines() == [
        "run --measure-only auth log *",
        "collect -- api a b.xml $(touch pwned).xml",
        "collect -- unit-x.1 --help",
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["output"]
    judged = run_step("Judge", tmp_path, MODE="run", SUITES="--help")
    assert judged.stdout == "check --format github -- --help\n"


@pytest.mark.security
def test_only_the_steps_that_judge_and_tell_have_a_token() -> None:
    holders = {step.name for step in STEPS if "token" in f"{step.env}{step.given}".lower()}
    assert holders == {"Judge", "Comment on the pull request", "Answer a fork"}


@pytest.mark.security
def test_only_the_last_job_of_the_reusable_workflow_may_write() -> None:
    jobs = workflow_files.jobs(workflow_files.REUSABLE).jobs
    assert {name: job.permissions for name, job in jobs.items()} == {
        "plan": {"contents": "read"},
        "unit": {"contents": "read"},
        "govern": {"contents": "write", "pull-requests": "write", "statuses": "write"},
    }


def test_the_workflow_that_init_would_write_here_is_this_repositorys_but_for_its_own_steps() -> None:
    """Allowed to differ: nox, the bars of the matrix, `workflow_dispatch`, the job `dashboards`, and how covgov is
    called: here by itself, there by the action."""
    policy = config.load(lambda name: (CHECKOUT / name).read_bytes() if (CHECKOUT / name).is_file() else None)
    assert policy is not None
    text = github_workflow(here(), "main", tuple(policy.suites), ADDRESS)
    proposed = msgspec.convert(YAML(typ="safe", pure=True).load(text), Judging)
    ours = workflow_files.load("tests.yml")
    assert set(ours.on) - set(proposed.on) == {"workflow_dispatch"}
    assert set(proposed.on) <= set(ours.on)
    assert proposed.permissions == ours.permissions
    assert set(ours.jobs) - set(proposed.jobs) == {"dashboards"}
    for name, job in proposed.jobs.items():
        assert job.permissions == ours.jobs[name].permissions
        checkouts = [s.given for s in (*job.steps, *ours.jobs[name].steps) if s.action[0] == "actions/checkout"]
        assert checkouts == [{"fetch-depth": 0, "persist-credentials": False}] * 2
    assert f"suite: [{', '.join(policy.suites)}]" in text
    assert ours.jobs["govern"].condition == "${{ always() }}"
    assert "if: ${{ always() }}" in text


def here() -> Tree:
    names = ("pyproject.toml", "src/covgov/gate.py", "requirements-dev.txt")
    return tree({name: (CHECKOUT / name).read_text(encoding="utf-8") for name in names})


def test_every_input_and_output_is_documented() -> None:
    page = (CHECKOUT / "docs" / "github.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
    action = workflow_files.action()
    assert {*action.inputs, *action.outputs} <= rows
