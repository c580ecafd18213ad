"""Wheels with metadata and hardly anything else, for tests of what pip installs."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def write(
    folder: Path, name: str, version: str, fields: Sequence[str] = (), files: Mapping[str, str] | None = None
) -> str:
    """A wheel of these files and metadata fields (`Requires-Dist: ...`) in `folder`. Its SHA-256."""
    stem = f"{name.replace('-', '_')}-{version}"
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *fields, ""])
    content = {
        **(files or {}),
        f"{stem}.dist-info/METADATA": metadata,
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = io.StringIO()
    csv.writer(rows).writerows((path, "", "") for path in (*content, f"{stem}.dist-info/RECORD"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, text in {**content, f"{stem}.dist-info/RECORD": rows.getvalue()}.items():
            wheel.writestr(inner, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()
