"""What `make evidence`, `make cycles` and `make own-evidence` do."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgov.files import write_all
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import cycles, documents, own, pictures, weekly


def main(argv: Sequence[str], folder: Path) -> int:
    """Write what changed, print its name, exit code 0."""
    if list(argv) == ["weekly"]:
        _, told = cycles.play(folder)
        return _written({documents.WEEKLY: weekly.page(told).encode()})
    if list(argv) == ["own"]:
        return _written({own.PAGE: own.encoded(own.play(folder))})
    if argv:
        raise SystemExit("usage: evidence.py [weekly | own]")
    told, blocks = documents.evidence(folder)
    texts = {path: text.encode() for path, text in documents.all_of(told, blocks).items()}
    return _written({**texts, **_pictures(pictures.pages(told))})


def _pictures(pages: Mapping[str, str]) -> dict[Path, bytes]:
    """Those whose page changed: Chromium's pixels differ from machine to machine, pages do not."""
    found = {}
    for name, page in pages.items():
        path = CHECKOUT / pictures.FOLDER / name
        if not path.is_file() or pictures.source(path.read_bytes()) != pictures.digest(page):
            found[pictures.FOLDER / name] = pictures.photographed(page)
    return found


def _written(files: dict[Path, bytes]) -> int:
    for path, data in files.items():
        target = CHECKOUT / path
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_all(target.parent, {target.name: data})
            sys.stdout.write(f"{path}\n")
    return 0
