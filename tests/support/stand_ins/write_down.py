"""Append the inputs of an action to STAND_IN_OUT/NAME.jsonl; the files that they name must be there.

Fails after that when STAND_IN_REFUSES names the service: its name here, or its name and a flag (`codecov auth`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

name, *needed = sys.argv[1:]
inputs = json.loads(os.environ["INPUTS"])
for file in [*inputs.get("files", "").split(","), *needed]:
    if file and not Path(file).is_file():
        raise SystemExit(f"{file} is not there")
with Path(os.environ["STAND_IN_OUT"], f"{name}.jsonl").open("a", encoding="utf-8") as out:
    out.write(json.dumps(inputs) + "\n")
if os.environ.get("STAND_IN_REFUSES") in (name, f"{name} {inputs.get('flags')}"):
    raise SystemExit(f"{name} refuses")
