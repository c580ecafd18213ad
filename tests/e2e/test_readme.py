"""The README's first project, block by block: files are written, commands are run, output is compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from covgov_testing.installed import CHECKOUT, Installed

BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
VOLATILE = (
    (re.compile(r"\b[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d+\.\d s\b"), "<seconds>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}\b"), "<date>"),
    (re.compile(r"coverage\.py [\d.]+, python [\d.]+"), "<measured by>"),
    (re.compile(r"[ ]+"), " "),  # columns are as wide as their widest cell, and seconds differ in width
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a console block with the output that the README shows for it."""

    command: str
    expected: str


def blocks() -> list[tuple[str, str]]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return [(found["kind"], found["body"]) for found in BLOCK.finditer(text)]


def steps(body: str) -> list[Step]:
    """Each line that begins with `$ ` is a command; what follows up to the next one is its output."""
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    return [Step(*part.split("\n", 1)) for part in parts]


def settled(text: str) -> str:
    for pattern, stand_in in VOLATILE:
        text = pattern.sub(stand_in, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def test_the_readme_shows_files_and_commands() -> None:
    kinds = [kind for kind, _ in blocks()]
    assert kinds.count("console") >= 3
    assert {"toml", "ini", "python"} <= set(kinds)


def test_every_block_of_the_readme_does_what_it_shows(covgov: Installed, tmp_path: Path) -> None:
    script: list[str] = []
    expected: list[str] = []
    for kind, body in blocks():
        if kind == "console":
            for step in steps(body):
                # the marker must not change `$?`, which the next command may print
                script += [step.command, f"code=$?; printf '\\n<<{len(expected)} %s>>\\n' $code; (exit $code)"]
                expected.append(step.expected)
        else:
            name, text = body.split("\n", 1)
            script += [f"mkdir -p $(dirname {name[2:]}); cat > {name[2:]} <<'END_OF_FILE'\n{text}END_OF_FILE\n"]
    done = run(covgov, tmp_path, script)
    shown = re.split(r"\n<<\d+ \d+>>\n", done)[:-1]
    assert len(shown) == len(expected), done
    for actual, wanted in zip(shown, expected, strict=True):
        assert settled(actual) == settled(wanted)


def run(covgov: Installed, root: Path, script: list[str]) -> str:
    (root / "script.sh").write_text("\n".join(script), encoding="utf-8")
    project = root / "project"
    project.mkdir()
    return covgov.execute("bash", str(root / "script.sh"), cwd=project).out


@pytest.mark.parametrize("target", ["govern", "test"])
def test_the_two_commands_of_the_readme_are_targets_of_the_makefile(target: str) -> None:
    assert f"make {target}" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
