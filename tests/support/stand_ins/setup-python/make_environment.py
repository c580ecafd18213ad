"""An environment of its own that borrows the packages of the prepared one, editable installs included.

Commands: covgov and nox. pip is real only with STAND_IN_PIP=real; otherwise it looks for the file that it is to read
and writes its arguments down.
"""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path

RECORD = """\
import json, os, sys
needed = "requirements-dev.txt" if "-r" in sys.argv else "pyproject.toml"
if not os.path.isfile(needed):
    sys.exit(f"pip: there is no {needed} here")
with open(os.path.join(os.environ["STAND_IN_OUT"], "pip.jsonl"), "a", encoding="utf-8") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
"""


def main(home: Path) -> None:
    version = json.loads(os.environ["INPUTS"])["python-version"]
    if version not in ("3.x", "{}.{}".format(*sys.version_info)):
        raise SystemExit(f"Python {version} is asked for, the prepared environment has {sys.version}")
    venv.create(home, with_pip=False, symlinks=True)
    site = next((home / "lib").glob("python*/site-packages"))
    lent = next(Path(os.environ["STAND_IN_PREPARED"], "lib").glob("python*/site-packages"))
    (site / "prepared.pth").write_text(f"import site; site.addsitedir({str(lent)!r})\n", encoding="utf-8")
    if os.environ.get("STAND_IN_PIP") != "real":
        (site / "pip").mkdir()
        (site / "pip" / "__init__.py").touch()
        (site / "pip" / "__main__.py").write_text(RECORD, encoding="utf-8")
    for name in ("covgov", "nox"):
        command = home / "bin" / name
        command.write_text(f'#!/bin/sh\nexec "{home}/bin/python" -m {name} "$@"\n', encoding="utf-8")
        command.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
