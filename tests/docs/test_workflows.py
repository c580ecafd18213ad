"""The workflows say what the policy says, pin what they use, and three checkers find nothing in them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from covgov.policy import config
from covgov.policy.bars import BarScope, BarUnits, spelled
from covgov.policy.policy import Policy
from covgov.publish.channels.prometheus import FAMILIES
from covgov_testing import workflow_files
from covgov_testing.act import CHECKOUT, STAND_INS
from covgov_testing.named_commands import is_there
from covgov_testing.workflow_files import FOLDER, RELEASE, REUSABLE, WORKFLOWS, Broken, Step

BIN = Path(sys.executable).parent
EVERY = [(name, job, step) for name in WORKFLOWS for job, step in workflow_files.steps(name)]
JOBS = [job for name in WORKFLOWS for job in workflow_files.load(name).jobs.values()]
ACTIONS = [(name, job, step) for name, job, step in EVERY if step.uses]


def policy() -> Policy:
    found = config.load(lambda name: (CHECKOUT / name).read_bytes() if (CHECKOUT / name).is_file() else None)
    assert found is not None
    return found


def label(given: tuple[str, str, Step]) -> str:
    return f"{given[0]}:{given[1]}:{given[2].name}"


def matrix() -> list[dict[str, str]]:
    strategy = workflow_files.load("tests.yml").jobs["unit"].strategy
    assert strategy is not None
    return strategy.matrix["include"]


def check(*command: str) -> str:
    """What a checker prints about the workflows; it must succeed."""
    done = subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def files() -> list[str]:
    assert {path.name for path in FOLDER.iterdir()} == {*WORKFLOWS, REUSABLE, RELEASE}
    return [str(FOLDER / name) for name in (*WORKFLOWS, REUSABLE, RELEASE)]


def test_the_files_are_what_github_describes() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files())


def test_actionlint_finds_nothing() -> None:
    assert check("actionlint", "-no-color", *files()) == ""


@pytest.mark.security
def test_zizmor_finds_nothing_and_is_told_to_overlook_two_things_only() -> None:
    assert "No findings to report" in check("zizmor", "--offline", "--persona=pedantic", "--no-config", *files())
    overlooked = [line for name in WORKFLOWS for line in workflow_files.text(name).splitlines() if "zizmor:" in line]
    assert [line.partition("# zizmor:")[2].strip() for line in overlooked] == [
        "ignore[superfluous-actions]",
        "ignore[dangerous-triggers]",
    ]


@pytest.mark.parametrize("tool", ["check-jsonschema", "actionlint", "zizmor"])
def test_each_checker_is_one_that_can_fail(tool: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{uses: a/b@main, runs: x}]\n")
    command = {"check-jsonschema": ["--builtin-schema", "vendor.github-workflows"], "zizmor": ["--offline"]}
    done = subprocess.run(
        [str(BIN / tool), *command.get(tool, []), str(broken)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0


def test_the_matrix_is_the_policys_suites_with_the_policys_bars() -> None:
    judged = policy()
    bars = {
        bar.component: bar.min
        for bar in judged.bars
        if bar.scope is BarScope.COMPONENT and bar.on is BarUnits.TOTAL and not bar.attribute
    }
    suites = {component.suite: bars[name] for name, component in judged.components.items()}
    assert {entry["suite"]: Decimal(entry["fail-under"]) for entry in matrix()} == suites
    assert list(judged.suites) == [entry["suite"] for entry in matrix()]
    assert {entry["suite"]: entry["fail-under"] for entry in matrix()} == {
        name: spelled(bar) for name, bar in suites.items() if bar is not None
    }


@pytest.mark.parametrize("name", ["pytest.ini", ".coveragerc", "noxfile.py"])
def test_no_threshold_stands_anywhere_else(name: str) -> None:
    assert re.findall(r"fail.under\W*\d", (CHECKOUT / name).read_text(encoding="utf-8"), re.IGNORECASE) == []


def test_the_bar_of_a_matrix_entry_is_given_to_its_own_check_and_to_no_other_step() -> None:
    given = [
        (job, step.name, step.env["COVERAGE_FAIL_UNDER"]) for _, job, step in EVERY if "COVERAGE_FAIL_UNDER" in step.env
    ]
    assert given == [("unit", "Judge the suite", "${{ matrix.fail-under }}")]
    assert all(
        "COVERAGE_FAIL_UNDER" not in job.env for name in WORKFLOWS for job in workflow_files.load(name).jobs.values()
    )


@pytest.mark.security
@pytest.mark.parametrize("given", ACTIONS, ids=label)
def test_an_action_is_pinned_to_a_known_commit_and_given_inputs_that_it_has(given: tuple[str, str, Step]) -> None:
    name, _, step = given
    action, commit = step.action
    pin = workflow_files.pins()[action]
    assert commit == pin.commit
    assert f"{action}@{commit} # {pin.tag}" in workflow_files.text(name)
    assert set(step.given) <= set(pin.inputs)


@pytest.mark.security
@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_action_is_pinned_to_a_version_that_is_known_to_be_broken(name: str) -> None:
    listed = workflow_files.listed()
    assert all(one.since <= listed.checked for one in listed.broken)
    assert workflow_files.broken_pins(workflow_files.text(name), listed.broken) == []


@pytest.mark.security
@pytest.mark.parametrize("broken", workflow_files.listed().broken, ids=lambda one: one.action)
def test_a_broken_version_is_noticed_by_its_commit_and_by_its_tag(broken: Broken) -> None:
    pin = workflow_files.pins()[broken.action]
    pinned = f"{broken.action}@{pin.commit} # {pin.tag}"
    (text,) = [text for text in map(workflow_files.text, WORKFLOWS) if pinned in text]
    for tag, commit in broken.versions.items():
        by_tag = text.replace(pinned, f"{broken.action}@{pin.commit} # {tag}", 1)
        assert workflow_files.broken_pins(by_tag, [broken]) == [f"{broken.action} {tag}: {broken.why}"]
        by_commit = text.replace(pinned, f"{broken.action}@{commit} # {pin.tag}", 1)
        assert len(workflow_files.broken_pins(by_commit, [broken])) == bool(commit)


@pytest.mark.parametrize("given", ACTIONS, ids=label)
def test_the_stand_in_of_an_action_takes_the_inputs_that_it_is_given(given: tuple[str, str, Step]) -> None:
    pin = workflow_files.pins()[given[2].action[0]]
    taken = set(workflow_files.stand_in(pin).inputs)
    assert set(given[2].given) <= taken
    assert taken <= set(pin.inputs), "a stand-in takes an input that the action does not have"


def test_what_is_pinned_is_used_and_every_stand_in_stands_for_something() -> None:
    others = {step.action[0] for job in workflow_files.jobs(REUSABLE).jobs.values() for step in job.steps if step.uses}
    assert {step.action[0] for _, _, step in ACTIONS} | others - {"$/."} == set(workflow_files.pins())
    folders = {path.parent.name for path in STAND_INS.glob("*/action.yml")}
    assert {pin.stand_in for pin in workflow_files.pins().values()} == folders
    told = (STAND_INS / "README.md").read_text(encoding="utf-8")
    assert [name for name in folders if not re.search(rf"\| .*{name}.* \|", told)] == []


def test_pip_and_nox_environments_are_cached_on_the_lock_file() -> None:
    setups = [step.given for _, _, step in ACTIONS if step.action[0] == "actions/setup-python"]
    assert setups
    for given in setups:
        assert (given.get("cache"), given.get("cache-dependency-path")) == ("pip", "requirements-dev.txt")
    (cache,) = [step.given for _, _, step in ACTIONS if step.action[0] == "actions/cache"]
    assert cache["path"] == ".nox"
    assert "${{ hashFiles('requirements-dev.txt') }}" in str(cache["key"])
    assert "restore-keys" not in cache, "an environment of another lock file must not be taken"


def test_nox_measures_and_decides_nothing_and_make_is_never_called() -> None:
    called = [(job, step.name, name) for _, job, step in EVERY for name in re.findall(r"\b(?:nox|make)\b", step.run)]
    assert set(called) == {("unit", "Measure the suite", "nox")}
    measure = workflow_files.load("tests.yml").jobs["unit"].step("Measure the suite").run
    reports = ["--cov-report=xml:coverage/$SUITE.xml", "--cov-report=json:coverage/$SUITE.json"]
    words = shlex.split(measure.replace("\\\n", ""))
    session = ["nox", "--reuse-existing-virtualenvs", "-s", "tests(unit_${SUITE//-/_})"]
    assert words[:-1] == [*session, "--", *reports, "||", "echo"]
    assert words[-1].startswith("::notice title=nox::")


def test_the_judging_steps_are_covgovs_own_and_annotate_the_run() -> None:
    jobs = workflow_files.load("tests.yml").jobs
    assert jobs["unit"].step("Judge the suite").run == 'covgov check "$SUITE" --format github'
    last = jobs["govern"].step("Judge all suites together and record the run")
    assert last.run == "covgov check --record --format github"


@pytest.mark.security
@pytest.mark.parametrize("given", [each for each in EVERY if each[2].run], ids=label)
def test_no_command_is_put_together_from_what_an_outsider_may_write(given: tuple[str, str, Step]) -> None:
    assert "${{" not in given[2].run


@pytest.mark.security
@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_permitted_to_all_jobs_and_writing_only_to_those_that_write(name: str) -> None:
    workflow = workflow_files.load(name)
    assert workflow.permissions == {}
    writes = {job: {k for k, v in each.permissions.items() if v == "write"} for job, each in workflow.jobs.items()}
    assert {job: found for job, found in writes.items() if found} == {
        "tests.yml": {"govern": {"contents", "pull-requests", "statuses"}},
        "coverage-digest.yml": {"digest": {"contents", "pull-requests"}, "prune": {"actions"}},
        "fork-coverage.yml": {"publish": {"pull-requests", "statuses"}},
    }[name]
    assert all(job.timeout <= 30 for job in workflow.jobs.values())


@pytest.mark.security
def test_a_release_gets_its_identity_where_it_publishes_and_nothing_runs_what_its_tag_says() -> None:
    workflow = workflow_files.jobs(RELEASE)
    assert workflow.permissions == {}
    assert {name: job.permissions for name, job in workflow.jobs.items()} == {
        "build": {"contents": "read"},
        "try": {"contents": "read"},
        "publish": {"contents": "read", "id-token": "write"},
        "page": {"contents": "write"},
    }
    steps = [step for job in workflow.jobs.values() for step in job.steps]
    assert [step.name for step in steps if "${{" in step.run] == []
    pinned = {(name, pin.commit) for name, pin in workflow_files.pins().items()}
    assert {step.action for step in steps if step.uses} <= pinned


@pytest.mark.security
def test_git_has_a_token_where_history_is_read_and_not_where_tests_run() -> None:
    holders = {(job, step.name) for _, job, step in EVERY if "HISTORY_TOKEN" in step.env}
    assert holders == {
        ("unit", "Judge the suite"),
        ("unit", "Propose what the exception register should say"),
        ("govern", "Judge all suites together and record the run"),
        ("govern", "Tell the pull request and those who are to be alerted"),
        ("digest", "Bring the exception register in step"),
        ("digest", "Write the account of the week"),
        ("digest", "Push both to the default branch"),
        ("digest", "Send the account to its channels"),
        ("publish", "Judge what the fork measured and tell the pull request"),
    }
    (measuring,) = [step for _, job, step in EVERY if step.name == "Measure the suite"]
    assert measuring.env == {}


@pytest.mark.security
def test_secrets_stay_where_no_code_of_a_pull_request_was_measured() -> None:
    readers = {(job, step.name) for _, job, step in EVERY if "secrets." in f"{step.env}{step.given}"}
    assert {job for job, _ in readers} == {"govern", "dashboards", "digest"}
    assert [job for job in JOBS if "secrets" in str(job.env)] == []
    checkouts = [step for _, _, step in ACTIONS if step.action[0] == "actions/checkout"]
    assert {step.given["persist-credentials"] for step in checkouts} == {False}


def test_every_job_says_to_its_maintainers_what_its_red_means() -> None:
    for name in WORKFLOWS:
        lines = workflow_files.text(name).splitlines()
        for job in workflow_files.load(name).jobs:
            above = lines[: lines.index(f"  {job}:")]
            comment = [line for line in reversed(above) if line.startswith("  # ")][:5]
            assert any("For maintainers: " in line for line in comment), job
            assert above[-1].startswith("  # "), job


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_job_names_the_command_that_does_it_locally(name: str) -> None:
    text = workflow_files.text(name)
    for job in workflow_files.load(name).jobs:
        comment = re.search(rf"((?:^  #.*\n)+)  {job}:\n", text, re.MULTILINE)
        assert comment is not None
        words = " ".join(line.strip(" #") for line in comment[1].splitlines())
        commands = re.findall(r"`([^`]+)`", words.partition("Locally")[2])
        assert commands, job
        assert [line for line in commands if not is_there(line)] == [], job


def test_a_suite_is_measured_under_its_own_context() -> None:
    assert workflow_files.load("tests.yml").jobs["unit"].env["COVERAGE_CONTEXT"] == "${{ matrix.suite }}"


def test_a_run_of_the_default_branch_is_never_cancelled_and_the_queue_is_served() -> None:
    workflow = workflow_files.load("tests.yml")
    assert set(workflow.on) == {"push", "pull_request", "merge_group", "workflow_dispatch"}
    assert workflow.on["pull_request"] == {"branches": ["main"]}, "retargeting a change must not keep its green check"
    assert workflow.concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    assert workflow.concurrency["group"] == "tests-${{ github.event.pull_request.number || github.run_id }}"
    weekly = {"group": "coverage-digest", "cancel-in-progress": False}
    assert workflow_files.load("coverage-digest.yml").concurrency == weekly


@pytest.mark.security
def test_the_workflow_for_forks_checks_out_the_default_branch_alone_and_names_nothing_of_the_fork() -> None:
    workflow = workflow_files.load("fork-coverage.yml")
    assert workflow.on == {"workflow_run": {"workflows": ["tests"], "types": ["completed"]}}
    checkouts = [step.given for _, step in workflow_files.steps("fork-coverage.yml") if "checkout" in step.uses]
    assert [given["ref"] for given in checkouts] == ["${{ github.event.repository.default_branch }}"]
    said = [
        text for step in workflow.jobs["publish"].steps for text in (*step.env.values(), *map(str, step.given.values()))
    ]
    used = set(re.findall(r"github\.event\.[\w.]+", " ".join(said)))
    assert used == {"github.event.repository.default_branch", "github.event.workflow_run.id"}
    condition = workflow.jobs["publish"].condition
    assert "workflow_run.event == 'pull_request'" in condition
    assert "head_repository.full_name != github.repository" in condition


def test_the_last_word_is_had_whatever_became_of_the_suites() -> None:
    govern = workflow_files.load("tests.yml").jobs["govern"]
    assert govern.condition == "${{ always() }}"
    names = ("Judge all suites together and record the run", "Tell the pull request and those who are to be alerted")
    assert {govern.step(name).condition for name in names} == {"${{ always() }}"}


def test_targets_of_the_policy_are_given_their_variables() -> None:
    table = tomllib.loads((CHECKOUT / "covgov.toml").read_text(encoding="utf-8")).get("notify", {})
    wanted = set(re.findall(r"\$\{(\w+)\}", str(table)))
    for name, step in (
        ("tests.yml", "Tell the pull request and those who are to be alerted"),
        ("coverage-digest.yml", "Send the account to its channels"),
    ):
        (env,) = [each.env for _, each in workflow_files.steps(name) if each.name == step]
        assert wanted <= set(env)


def test_digest_and_register_are_proposed_from_where_the_policy_has_them() -> None:
    job = workflow_files.load("coverage-digest.yml").jobs["digest"]
    paths = [job.env["DIGEST"], policy().exceptions.path]
    assert job.env["REGISTER"] == paths[1]
    assert str(job.step("Propose both in one pull request").given["add-paths"]).split() == paths
    assert str(job.step("Keep the account").given["path"]).split() == paths


def test_dashboards_get_a_report_of_every_suite_that_they_have_a_flag_for() -> None:
    uploads = [s for _, s in workflow_files.steps("tests.yml") if s.action[0] == "codecov/codecov-action"]
    assert [(s.given["flags"], s.given["files"]) for s in uploads] == [
        (name, f"coverage/{each.suite}.xml") for name, each in policy().components.items()
    ]
    assert {s.given["fail_ci_if_error"] for s in uploads} == {True}, "else an upload that fails is reported as sent"
    sonar = (CHECKOUT / "sonar-project.properties").read_text(encoding="utf-8")
    reports = re.findall(r"^sonar\.python\.coverage\.reportPaths=(.*)$", sonar, re.MULTILINE)
    assert reports == [",".join(f"coverage/{name}.xml" for name in policy().suites)]


def test_codecov_has_one_flag_per_component_with_its_paths_only() -> None:
    path = CHECKOUT / "codecov.yml"
    check("check-jsonschema", "--builtin-schema", "vendor.codecov", str(path))
    flags = workflow_files.flags(path.read_text(encoding="utf-8"))
    assert flags == {name: list(each.paths) for name, each in policy().components.items()}


@pytest.mark.security
@pytest.mark.parametrize("event", workflow_files.load("tests.yml").on)
def test_nothing_but_a_push_is_sent_to_sonar(event: str, tmp_path: Path) -> None:
    job = workflow_files.load("tests.yml").jobs["dashboards"]
    wanted = job.step("Find out which dashboards are wanted")
    assert wanted.env["EVENT"] == "${{ github.event_name }}"
    assert job.step("Sonar").condition == "${{ steps.wanted.outputs.sonar == 'true' }}"
    kept = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    given = {"CODECOV": "true", "SONAR": "true", "EVENT": event, "PATH": "/usr/bin:/bin", **kept}
    subprocess.run(["bash", "-e", "-c", wanted.run], env=given, check=True)
    sent = "true" if event == "push" else "false"
    assert (tmp_path / "GITHUB_OUTPUT").read_text(encoding="utf-8").split() == ["codecov=true", f"sonar={sent}"]


def test_the_documented_metrics_are_those_that_are_written() -> None:
    told = (CHECKOUT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(covgov_\w+)` \|([^|]*)\| ([^|]*) \|$", told, re.MULTILINE)
    assert {name: (text, tuple(re.findall(r"`(\w+)`", labels))) for name, labels, text in rows} == FAMILIES


def test_the_documented_switches_are_those_of_the_workflow() -> None:
    told = (CHECKOUT / "docs" / "dashboards.md").read_text(encoding="utf-8")
    job = workflow_files.load("tests.yml").jobs["dashboards"]
    used = re.findall(r"(?:secrets|vars)\.(\w+)", "".join(f"{step.env}{step.given}" for step in job.steps))
    assert set(used) == set(re.findall(r"(?:secret|variable) `(\w+)`", told))
