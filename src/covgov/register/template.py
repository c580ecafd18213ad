"""The register's file as it looks before the first exception."""

from __future__ import annotations

from covgov.register.columns import COLUMNS
from covgov.register.table import BEGIN, END

EMPTY = f"""# Coverage exceptions

Components and files that may be below their bar (`component:NAME`, `file:PATH`) and loosenings of the policy that are
accepted (`policy:KEY`), who answers for that, and until when.

`covgov exceptions sync` writes the columns up to `resolved`; people write the others. Neither touches the other's.
A row waives a bar only when every column that people write is filled in, its review date has not passed, the figure is
not below the row's own floor, and the row is already on the branch that the change goes to. Rows are never deleted:
what is back above its bar is marked `resolved`.

{BEGIN}

| {" | ".join(COLUMNS)} |
|{"|".join("-" * (len(name) + 2) for name in COLUMNS)}|

{END}
"""
