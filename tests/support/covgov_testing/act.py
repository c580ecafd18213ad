"""Running the repository's workflows with act on this machine: no container, no network, stand-ins for remote actions.

The workflow files run as they are. Which stand-in takes the place of which action stands in
tests/docs/pinned_actions.toml.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")
CHECKOUT = Path(__file__).resolve().parents[3]
STAND_INS = CHECKOUT / "tests" / "support" / "stand_ins"
PINS = CHECKOUT / "tests" / "docs" / "pinned_actions.toml"
ACT = Path(sys.prefix) / "bin" / "act"
EXIT = re.compile(r"exit(?: status|ed with code|code '?) ?(\d+)")


@dataclass(slots=True)
class Step:
    """One step of one job as act reported it. code: of its command, 0 when it succeeded, None when it never ran."""

    job: str
    name: str
    result: str = ""
    code: int | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run of a workflow. text: all that was printed. summaries: job -> its job summary."""

    code: int
    text: str
    steps: Mapping[tuple[str, str], Step]
    jobs: Mapping[str, str]
    out: Path

    def step(self, job: str, name: str) -> Step:
        """Raises AssertionError with everything that was printed when no such step ran."""
        found = self.steps.get((job, name))
        assert found is not None, f"{job}: {name!r} did not run\n{self.text}"
        return found

    def artifact(self, name: str) -> Path:
        """Folder of an artifact. Raises AssertionError when it was not uploaded."""
        folder = self.out / "artifacts" / name
        assert folder.is_dir(), f"there is no artifact {name}\n{self.text}"
        return folder

    def only(self, name: str) -> Mapping[str, str]:
        """The inputs that were written down under `name` once. Raises AssertionError when it was not once."""
        found = self.written(name)
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def written(self, name: str) -> Sequence[Mapping[str, str]]:
        """The inputs that stand-ins wrote down under `name`, in order."""
        return self.lines(name, dict[str, str])

    def lines(self, name: str, kind: type[T]) -> list[T]:
        """What was written down under `name`, a value per line."""
        path = self.out / f"{name}.jsonl"
        return msgspec.json.Decoder(kind).decode_lines(path.read_bytes()) if path.is_file() else []


def stand_ins() -> list[str]:
    """act's options that put the stand-ins in their places."""
    pins = tomllib.loads(PINS.read_text(encoding="utf-8"))["actions"]
    pairs = [f"{action}@{pin['commit']}={STAND_INS / pin['stand_in']}" for action, pin in pins.items()]
    return [word for pair in pairs for word in ("--local-repository", pair)]


def run(
    checkout: Path,
    workflow: Path,
    event: str,
    payload: Mapping[str, object],
    *,
    folder: Path,
    origin: Path,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Ran:
    """Run a workflow for the event, in `checkout`. All that the run leaves stands in `folder`; `out/` may be there."""
    out = folder / "out"
    out.mkdir(parents=True, exist_ok=True)
    event_file = folder / "event.json"
    event_file.write_text(json.dumps(payload), encoding="utf-8")
    given = {
        "NOX_DEFAULT_VENV_BACKEND": "none",
        "STAND_INS": str(STAND_INS),
        "STAND_IN_ORIGIN": str(origin),
        "STAND_IN_OUT": str(out),
        "STAND_IN_PREPARED": sys.prefix,
        **(env or {}),
    }
    command = [
        *(str(ACT), event, "--eventpath", str(event_file), "--workflows", str(workflow)),
        *("--platform", "ubuntu-latest=-self-hosted", "--action-offline-mode", "--no-skip-checkout"),
        *("--no-cache-server", "--json", "--defaultbranch", "main", "--action-cache-path", str(folder / "act")),
        *(word for name, value in given.items() for word in ("--env", f"{name}={value}")),
        *stand_ins(),
        *options,
    ]
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**kept, **home},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (folder / "act.log").write_text(done.stdout, encoding="utf-8")
    return read(done.returncode, done.stdout, out)


def read(code: int, printed: str, out: Path) -> Ran:
    """What act's JSON lines say."""
    steps: dict[tuple[str, str], Step] = {}
    jobs: dict[str, str] = {}
    said: list[str] = []
    for line in printed.splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            said.append(line)
            continue
        message = str(entry.get("msg", "")).rstrip("\n")
        job = _job(entry)
        said.append(f"[{job}] {message}")
        if "jobResult" in entry:
            jobs[job] = str(entry["jobResult"])
        if entry.get("step") and entry.get("stage") == "Main":
            _note(steps.setdefault((job, str(entry["step"])), Step(job, str(entry["step"]))), entry, message)
    return Ran(code, "\n".join(said), steps, jobs, out)


def _job(entry: Mapping[str, object]) -> str:
    matrix = entry.get("matrix")
    suite = matrix.get("suite") if isinstance(matrix, dict) else None
    name = str(entry.get("jobID", ""))
    return f"{name}-{suite}" if suite else name


def _note(step: Step, entry: Mapping[str, object], message: str) -> None:
    step.lines.append(message)
    if "stepResult" in entry:
        step.result = str(entry["stepResult"])
        step.code = 0 if step.result == "success" and step.code is None else step.code
    found = EXIT.fullmatch(message.strip())
    if found:
        step.code = int(found[1])
