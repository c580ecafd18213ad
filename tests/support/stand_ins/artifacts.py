"""Artifacts as folders below STAND_IN_OUT/artifacts."""

from __future__ import annotations

import fnmatch
import json
import os
import shutil
import sys
from pathlib import Path

STORE = Path(os.environ["STAND_IN_OUT"], "artifacts")
WILD = "*?["


def upload(inputs: dict[str, str]) -> None:
    patterns = inputs["path"].split()
    found = [path for pattern in patterns for path in sorted(Path().glob(pattern))]
    files = [file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    if not files and inputs["if-no-files-found"] == "error":
        raise SystemExit(f"no files were found with {patterns}")
    root = Path(os.path.commonpath([searched(pattern) for pattern in patterns]))
    target = STORE / inputs["name"]
    if target.exists() and inputs["overwrite"] != "true":
        raise SystemExit(f"an artifact named {inputs['name']} exists already")
    shutil.rmtree(target, ignore_errors=True)
    for file in files:
        place = target / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def searched(pattern: str) -> Path:
    """The folder that a pattern is looked for in: what stands before its first wildcard."""
    parts = Path(pattern).parts
    plain = next((n for n, part in enumerate(parts) if any(c in part for c in WILD)), len(parts) - 1)
    return Path(*parts[:plain])


def download(inputs: dict[str, str]) -> None:
    merge = inputs["merge-multiple"] == "true"
    names = sorted(path.name for path in STORE.glob("*")) if STORE.is_dir() else []
    for name in fnmatch.filter(names, inputs["pattern"]):
        target = Path(inputs["path"]) if merge else Path(inputs["path"], name)
        shutil.copytree(STORE / name, target, dirs_exist_ok=True)


if __name__ == "__main__":
    {"upload": upload, "download": download}[sys.argv[1]](json.loads(os.environ["INPUTS"]))
