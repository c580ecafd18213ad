from __future__ import annotations

from collections.abc import Mapping

import pytest

from covgov.model.diff import Diff, FileDiff, Hunk
from covgov.tamper.moved_code import MOST, moved_code

OLD = b"".join(b"x%d()\n" % n for n in range(1, 21))
OWN = b"".join(b"y%d()\n" % n for n in range(40))
LONG = b"".join(b"x%d()\n" % n for n in range(1, 102))
WHOLE = FileDiff("src/b.js", None, (Hunk(1, 101, 0, 0),))
GONE = FileDiff("src/b.js", None, (Hunk(1, 20, 0, 0),))


def moved(files: list[FileDiff], now: Mapping[str, bytes], before: bytes = OLD) -> dict[str, str]:
    new = (FileDiff(None, path, (Hunk(0, 0, 1, 9),)) for path in now)
    return moved_code(
        Diff((*files, *new)), lambda path: path.startswith("src/"), lambda paths: dict.fromkeys(paths, before), now.get
    )


def first(count: int) -> bytes:
    return b"".join(OLD.splitlines(keepends=True)[:count])


@pytest.mark.security
@pytest.mark.parametrize("count", [5, 6, 20])
def test_code_that_is_written_anew_around_old_lines_comes_from_there(count: int) -> None:
    assert moved([GONE], {"lib/b.js": OWN + first(count)}) == {"lib/b.js": "src/b.js"}


@pytest.mark.security
def test_what_a_file_that_stays_has_lost_comes_from_there() -> None:
    cut = FileDiff("src/b.js", "src/b.js", (Hunk(11, 10, 10, 0),))
    tail = b"".join(OLD.splitlines(keepends=True)[10:])
    assert moved([cut], {"lib/b.js": tail}) == {"lib/b.js": "src/b.js"}
    assert moved([cut], {"lib/b.js": first(10)}) == {}


def test_a_few_lines_or_a_small_part_are_anybodys() -> None:
    assert moved([GONE], {"lib/b.js": OWN + first(4)}) == {}
    assert moved([WHOLE], {"lib/b.js": OWN + first(20)}, LONG) == {}
    assert moved([WHOLE], {"lib/b.js": first(9)}, LONG) == {}


@pytest.mark.security
def test_code_that_is_split_over_many_files_comes_from_there() -> None:
    lines = LONG.splitlines(keepends=True)
    parts = {f"lib/{n}.js": b"".join([*lines[n : n + 10], *OWN.splitlines(keepends=True)[:10]]) for n in (0, 10, 50)}
    assert moved([WHOLE], parts, LONG) == dict.fromkeys(parts, "src/b.js")


def test_comments_imports_and_brackets_are_anybodys() -> None:
    head = b"/*\n * licence %d\n */\n// words %d\nimport a%d\nconst b%d = require('b')\n#include <c%d>\n}\n\n"
    text = b"".join(head.replace(b"%d", b"%d" % n) for n in range(9))
    assert moved([GONE], {"lib/b.js": text}, text) == {}


@pytest.mark.parametrize("path", ["src/c.js", "lib/b.md", "tests/helpers.js", "lib/b_test.go", "vite.config.ts"])
def test_claimed_files_data_and_tests_are_other_rules_matter(path: str) -> None:
    assert moved([GONE], {path: OLD}) == {}


@pytest.mark.security
def test_a_tests_name_hides_no_code() -> None:
    assert moved([GONE], {"lib/b.test.js": OLD}) == {"lib/b.test.js": "src/b.js"}
    assert moved([GONE], {"lib/b.test.js": OLD + b"it('works', () => {})\n"}) == {}


def test_only_claimed_code_is_missed() -> None:
    assert moved([FileDiff("old/b.js", None, (Hunk(1, 20, 0, 0),))], {"lib/b.js": OLD}) == {}


def test_of_very_many_files_those_that_lost_most_are_read() -> None:
    small = [FileDiff(f"src/{n}.js", None, (Hunk(1, 1, 0, 0),)) for n in range(MOST)]
    assert moved([*small, GONE], {"lib/b.js": OLD}) == {"lib/b.js": "src/b.js"}
