"""Tables and diagrams of the documents that are read out of the workflows, the policy and the board, not written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from covgov.policy import config
from covgov.policy.bars import BarScope, BarUnits, spelled
from covgov.policy.delivery import Occasion
from covgov.policy.policy import Policy
from covgov_testing import workflow_files
from covgov_testing.act import CHECKOUT
from covgov_testing.workflow_files import WORKFLOWS

DESTINATIONS = {
    "SLACK_URL": "Slack",
    "TEAMS_URL": "Teams",
    "ALERT_MAIL_URL": "mail",
    "ALERT_WEBHOOK_URL": "webhook",
}
ALERTS = {
    Occasion.DROP: "drop over the limit",
    Occasion.UNDER_BAR: "under the bar",
    Occasion.OVERDUE: "exception overdue",
    Occasion.UNDETERMINED: "undetermined",
    Occasion.FAIL: "tests, patch or policy fail",
    Occasion.RECOVERY: "passes again",
    Occasion.DIGEST: "Monday's digest",
}
_SECRET = re.compile(r"secrets\.(\w+)")


def blocks() -> Mapping[str, str]:
    return {
        "matrix": _matrix(),
        "jobs": _jobs(),
        "starts": _starts(),
        "artifacts": _artifacts(),
        "alerts": alerts(policy()),
        "panels": _panels(),
    }


def policy() -> Policy:
    """This repository's own."""
    found = config.load(lambda name: (CHECKOUT / name).read_bytes() if (CHECKOUT / name).is_file() else None)
    assert found is not None
    return found


def secrets() -> Mapping[str, Sequence[str]]:
    """Name of every secret that a workflow reads -> the jobs that read it, as `WORKFLOW: JOB`."""
    found: dict[str, list[str]] = {}
    for name in WORKFLOWS:
        for job, step in workflow_files.steps(name):
            for secret in dict.fromkeys(_SECRET.findall(f"{step.env} {step.given}")):
                place = f"{name}: {job}"
                found[secret] = list(dict.fromkeys([*found.get(secret, ()), place]))
    return found


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _matrix() -> str:
    judged = policy()
    strategy = workflow_files.load("tests.yml").jobs["unit"].strategy
    assert strategy is not None
    bars = {
        bar.component: bar.min
        for bar in judged.bars
        if bar.scope is BarScope.COMPONENT and bar.on is BarUnits.TOTAL and not bar.attribute
    }
    rows = []
    for entry in strategy.matrix["include"]:
        suite = entry["suite"]
        (component,) = [name for name, one in judged.components.items() if one.suite == suite]
        bar = bars[component]
        assert bar is not None
        assert spelled(bar) == entry["fail-under"]
        session = f'`nox -s "tests(unit_{suite})"`'
        rows.append((f"`unit-{suite}`", f"`{suite}`", session, f"`{component}`", f"{entry['fail-under']} %"))
    return _table(("job", "suite", "session", "component", "COVERAGE_FAIL_UNDER"), rows)


def _jobs() -> str:
    rows = []
    for name in WORKFLOWS:
        for key, job in workflow_files.load(name).jobs.items():
            allowed = ", ".join(f"{what}: {how}" for what, how in job.permissions.items())
            runs = f"`{job.condition}`" if job.condition else "at once"
            rows.append((name, f"`{key}`", runs, allowed, f"{job.timeout} min"))
    return _table(("workflow", "job", "runs if", "permissions", "time limit"), rows)


def _starts() -> str:
    rows = []
    for name in WORKFLOWS:
        for event, how in workflow_files.load(name).on.items():
            rows.append((name, f"`{event}`", _how(event, how)))
    return _table(("workflow", "event", "when"), rows)


def _how(event: str, how: object) -> str:
    if event == "schedule":
        return ", ".join(f"`{one['cron']}` (UTC)" for one in msgspec.convert(how, list[dict[str, str]]))
    if event == "workflow_dispatch":
        return "by hand"
    filters = msgspec.convert(how or {}, dict[str, list[str]])
    if set(filters) == {"workflows", "types"}:
        return f"{', '.join(filters['workflows'])} is {', '.join(filters['types'])}"
    assert set(filters) <= {"branches"}, f"{event}: no words for {sorted(filters)}"
    return f"branch {', '.join(filters['branches'])}" if filters else "every one"


def _artifacts() -> str:
    rows = []
    for name in WORKFLOWS:
        for _, step in workflow_files.steps(name):
            if step.action[0] == "actions/upload-artifact":
                paths = ", ".join(f"`{path}`" for path in str(step.given["path"]).split("\n") if path.strip())
                label = _plain(str(step.given["name"]))
                rows.append((f"`{label}`", _plain(paths), f"{step.given['retention-days']} days"))
    return _table(("artifact", "what lies in it", "kept"), rows)


def _plain(text: str) -> str:
    return text.replace("${{ matrix.suite }}", "SUITE")


def alerts(judged: Policy) -> str:
    """A diagram: occasion -> destination, from [notify]."""
    lines = ["```mermaid", "flowchart LR", "    verdict([verdict on main])", "    monday([every Monday])"]
    for occasion, words in ALERTS.items():
        source = "monday" if occasion is Occasion.DIGEST else "verdict"
        lines.append(f"    {source} --> {occasion}[{words}]")
        lines += [f"    {occasion} --> {_place(target)}" for target in judged.notify.targets.get(occasion, ())]
    return "\n".join([*lines, "```"])


def _place(target: str) -> str:
    name = target.removeprefix("${").removesuffix("}")
    return f"{name}[({DESTINATIONS[name]})]"


class _Target(msgspec.Struct):
    expr: str


class _Panel(msgspec.Struct):
    title: str
    targets: list[_Target] = []


def _panels() -> str:
    board = json.loads((CHECKOUT / "docs" / "metrics" / "grafana.json").read_text(encoding="utf-8"))
    panels = msgspec.convert(board["panels"], list[_Panel])
    rows = [
        (one.title, ", ".join(sorted({f"`{m}`" for t in one.targets for m in re.findall(r"covgov_\w+", t.expr)})))
        for one in panels
    ]
    return _table(("panel", "asks for"), rows)
