"""Every static check of the repository; all of them run, the first failing exit code is returned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
ACTION = "action.yml"
WORKFLOWS = sorted(str(path) for path in (ROOT / ".github" / "workflows").glob("*.yml"))
CHECKS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "types": [str(BIN / "mypy"), "--no-error-summary"],
    "layers": [str(BIN / "lint-imports"), "--no-logo"],
    "dependencies": [str(BIN / "deptry"), "--no-ansi", "src"],
    "workflow-schema": [
        *(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"),
        *WORKFLOWS,
    ],
    "action-schema": [*(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-actions"), ACTION],
    "workflow-lint": [str(BIN / "actionlint"), *WORKFLOWS],
    "workflow-security": [
        *(str(BIN / "zizmor"), "--offline", "--persona=pedantic", "--no-config", "--quiet"),
        *WORKFLOWS,
        ACTION,
    ],
}


def main() -> int:
    codes = []
    for name, command in CHECKS.items():
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            sys.stdout.write(done.stdout)
        sys.stdout.write(f"check {name}: {'ok' if done.returncode == 0 else f'exit code {done.returncode}'}\n")
        sys.stdout.flush()
        codes.append(done.returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
