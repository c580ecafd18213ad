"""The register's file: what is read, what is refused, and that every byte nobody changed stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import RegisterInvalid
from covgov.model.snapshot import Metric
from covgov.model.verdict import Scope
from covgov.register.columns import COLUMNS
from covgov.register.document import parse, read, render
from covgov.register.entry import Register, Status
from covgov.register.table import BEGIN, END
from covgov.register.template import EMPTY
from covgov_testing.builders.register import COMPLETE, PATH, PROPOSED, register, table

PROSE = st.lists(
    st.sampled_from(
        [
            "",
            "Some words with a [link](https://example.invalid/a|b) and `code | here`.",
            "| another | table |\n|---|:-:|\n| a \\| b | c |\n",
            f"```\n{BEGIN}\n| id |\n|--|\n{END}\n```",
            f"The markers are `{BEGIN}` and `{END}`.",
            "> quoted\n> text\n",
            "Ünïcödé: → “quotes” \u2028 line separator, \x0b and \x0c",
            "    an indented block",
            "<details>\n\n* list\n\n</details>\n",
            "trailing blanks   ",
        ]
    ),
    max_size=4,
).map(lambda parts: "\n\n".join(parts))

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0\\|", exclude_categories=["Cs"]), max_size=12
).map(lambda text: text.strip())
CELL_TEXT = st.one_of(
    WORDS,
    st.sampled_from(["[ticket](https://example.invalid/1)", "a \\| b", "`x \\| y`", "**bold**", "\\", "…"]),
)
PADDING = st.sampled_from(["", " ", "   ", "\t"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """A valid register file in many shapes: line ends, prose, alignment, padding, people's own columns, short rows."""
    columns = list(COLUMNS)
    for name in draw(st.lists(st.sampled_from(["ticket", "Team notes", "Ünï"]), unique=True, max_size=3)):
        columns.insert(draw(st.integers(0, len(columns))), name)
    dashes = [draw(st.sampled_from(["---", ":--", "--:", ":-:", "-"])) for _ in columns]
    lines = [
        "| " + " | ".join(draw(st.sampled_from([name, name.upper(), name.title()])) for name in columns) + " |",
        "|" + "|".join(dashes) + "|",
    ]
    for number in range(draw(st.integers(0, 4))):
        values = {
            "id": draw(st.sampled_from(["", f"EX-{number + 1:03d}", f"H{number}"])),
            "scope": draw(st.sampled_from([f"component:c{number}", f"`file:src/_p{number}_/__init__.py`"])),
            "metric": draw(st.sampled_from(["", "combined", "line", "Branch"])),
            "floor": draw(st.sampled_from(["", "79.95", "80 %", "0", "-"])),
            "bar": draw(st.sampled_from(["", "90", "92.50%"])),
            "status": draw(st.sampled_from(["", "proposed", "Active", "resolved"])),
            **{day: draw(st.sampled_from(["", "2026-11-22", "TBD"])) for day in ("opened", "next review")},
        }
        free = [c for c in columns if c not in values and c not in ("resolved", "approved on")]
        values |= {name: draw(CELL_TEXT) for name in free}
        cells = [draw(PADDING) + values.get(name, "") + draw(PADDING) for name in columns]
        row = " |".join(cells)
        row = row.lstrip() if cells[0].strip() and draw(st.booleans()) else "|" + row
        lines.append(row + " |" if draw(st.booleans()) or not cells[-1].strip() else row + " ")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    between = draw(st.sampled_from(["", "\n"]))
    body = "\n".join([BEGIN, between + "\n".join(lines) + between, END])
    text = f"{draw(PROSE)}\n\n{body}\n\n{draw(PROSE)}".replace("\n", newline)
    ending = draw(st.sampled_from(["", newline]))
    return draw(st.sampled_from(["", "\ufeff"])) + text + ending


@given(files())
def test_what_is_not_changed_is_rendered_byte_for_byte(text: str) -> None:
    assert render(parse(text, PATH)) == text


@given(files(), st.data())
def test_changing_machine_columns_changes_their_rows_only_and_reads_back(text: str, data: st.DataObject) -> None:
    before = parse(text, PATH)
    chosen = data.draw(st.sets(st.sampled_from(range(len(before.entries))))) if before.entries else set()
    changed = tuple(
        replace(entry, current="1/3 = 33.33 %", floor=Decimal("33.33"), opened=date(2026, 1, 2), id=entry.id or f"N{i}")
        if i in chosen
        else entry
        for i, entry in enumerate(before.entries)
    )
    new_row = replace(PROPOSED, id="NEW-1", subject="new one", owner="a | b \\")
    after = parse(render(replace(before, entries=(*changed, new_row))), PATH)

    assert after.entries == (*changed, new_row)
    kept = [line for line in text.split("\n") if line.rstrip("\r") in after.text]
    assert len(kept) >= len(text.split("\n")) - len(chosen)


def test_a_register_without_a_file_has_no_entries_and_no_text() -> None:
    assert parse("", PATH) == Register(PATH, "")
    assert render(Register(PATH, "")) == ""


def test_the_first_entry_of_a_register_without_a_file_brings_the_whole_file() -> None:
    text = render(Register(PATH, "", (COMPLETE,)))

    assert text.startswith(EMPTY[: EMPTY.index(BEGIN)])
    assert parse(text, PATH).entries == (COMPLETE,)


def test_every_column_is_read() -> None:
    assert register(COMPLETE).entries == (COMPLETE,)


def test_a_row_added_by_hand_needs_no_machine_columns_but_the_scope() -> None:
    cells = ["", "file:src/x.py", "", "", "", "", "", "", "", "me", "why", "how", "2026-12-31", "you", "2026-11-01"]
    text = table().replace("\n\n" + END, f"\n| {' | '.join(cells)} |\n\n{END}")

    (entry,) = parse(text, PATH).entries

    assert (entry.id, entry.scope, entry.subject, entry.metric) == ("", Scope.FILE, "src/x.py", Metric.COMBINED)
    assert (entry.status, entry.floor, entry.absent) == (Status.PROPOSED, None, ("id", "floor"))


def test_a_row_that_breaks_off_early_reads_as_empty_cells_and_can_be_completed() -> None:
    text = table().replace("\n\n" + END, f"\n| EX-001 | component:auth\n\n{END}")
    before = parse(text, PATH)

    text = render(replace(before, entries=(replace(before.entries[0], bar=Decimal(90)),)))

    assert "\n| EX-001 | component:auth | combined | | | 90 | proposed |\n" in text


def test_a_row_without_outer_pipes_stays_without_them() -> None:
    cells = ["EX-001", "component:auth", "combined", "79.95", "old", "92", "active", *["2026-10-01"] * 8]
    text = table().replace("\n\n" + END, f"\n{' | '.join(cells)}\n\n{END}")
    before = parse(text, PATH)

    assert render(replace(before, entries=(replace(before.entries[0], current="newer"),))) == text.replace(
        "| old |", "| newer |"
    )


def test_padding_is_kept_when_the_new_value_fits() -> None:
    text = table([COMPLETE]).replace("| 92 |", "| 92          |")
    before = parse(text, PATH)

    assert "| 92.5        |" in render(replace(before, entries=(replace(COMPLETE, bar=Decimal("92.50")),)))


def test_equal_numbers_in_another_spelling_are_left_as_they_are() -> None:
    text = table([COMPLETE]).replace("| 92 |", "| 92.00 % |")
    before = parse(text, PATH)

    assert render(replace(before, entries=(replace(before.entries[0], bar=Decimal(92)),))) == text


def test_paths_that_markdown_would_read_as_emphasis_are_written_as_code() -> None:
    entry = replace(PROPOSED, scope=Scope.FILE, subject="src/__init__.py")
    text = render(Register(PATH, "", (entry,)))

    assert "| `file:src/__init__.py` |" in text
    assert parse(text, PATH).entries == (entry,)


def test_a_path_with_a_pipe_survives() -> None:
    entry = replace(PROPOSED, scope=Scope.FILE, subject="src/a|b.py")

    assert parse(render(Register(PATH, "", (entry,))), PATH).entries == (entry,)


def test_rows_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="rows are never deleted"):
        render(replace(register(COMPLETE), entries=()))


def test_a_resolved_row_and_an_open_row_may_be_about_one_figure() -> None:
    resolved = replace(COMPLETE, status=Status.RESOLVED, resolved=date(2026, 11, 1))

    assert len(register(resolved, replace(COMPLETE, id="EX-002")).entries) == 2


def test_a_table_in_another_block_than_the_markers_is_not_the_register() -> None:
    text = "| id | x |\n|---|---|\n| EX-009 | y |\n\n" + table([COMPLETE]) + "\n| id | x |\n|---|---|\n| EX-010 | y |\n"

    assert [entry.id for entry in parse(text, PATH).entries] == ["EX-001"]
    assert render(parse(text, PATH)) == text


def test_rows_are_indented_and_ended_as_the_table_is() -> None:
    text = table([COMPLETE], "\r\n").replace("\r\n|", "\r\n  |")
    before = parse(text, PATH)
    extended = render(replace(before, entries=(*before.entries, replace(PROPOSED, id="EX-002", subject="api"))))

    (line,) = [line for line in extended.split("\r\n") if "EX-002" in line]
    assert line.startswith("  | EX-002")
    assert "\n" not in extended.replace("\r\n", "")


def test_a_file_that_is_not_there_is_an_empty_register() -> None:
    assert read(None, PATH) == Register(PATH, "")
    assert read(table([COMPLETE]).encode(), PATH).entries == (COMPLETE,)


@pytest.mark.reliability
def test_bytes_that_are_not_text_are_refused_with_their_line() -> None:
    with pytest.raises(RegisterInvalid, match=f"^{PATH}:3: byte 4 of the file is not UTF-8") as caught:
        read(b"a\n\r\n\xff", PATH)

    assert caught.value.code == "register-encoding"


Damage = Callable[[str], str]
ROW = "| EX-001 | component:auth | combined | 79.95 |"
DAMAGES: dict[str, tuple[Damage, str, int, str]] = {
    "begin missing": (lambda t: t.replace(BEGIN, ""), "register-marker", 1, "is missing"),
    "end missing": (lambda t: t.replace(END, ""), "register-marker", 1, "is missing"),
    "begin twice": (lambda t: t + BEGIN + "\n", "register-marker", 10, "is there twice"),
    "marker with words": (lambda t: t.replace(BEGIN, BEGIN + " now"), "register-marker", 3, "must stand alone"),
    "marker in a list": (lambda t: t.replace(END, f"* {END}"), "register-marker", 9, "must stand alone"),
    "markers swapped": (
        lambda t: t.replace(BEGIN, "X").replace(END, BEGIN).replace("X", END),
        "register-marker",
        3,
        "is before",
    ),
    "no table": (lambda t: "\n".join([*t.split("\n")[:4], END]), "register-table", 3, "there is no table"),
    "dashes missing": (lambda t: t.replace("|---", "", 1), "register-table", 3, "there is no table"),
    "row outside": (lambda t: t.replace(ROW, "\n" + ROW), "register-table", 8, "is not part of the table"),
    "row before": (lambda t: t.replace(BEGIN, BEGIN + "\na | b\n"), "register-table", 4, "is not part of the table"),
    "column missing": (lambda t: t.replace("| floor |", "| flor |"), "register-columns", 5, "`floor` is missing"),
    "column twice": (lambda t: t.replace("| floor |", "| owner |"), "register-columns", 5, "`floor` is missing"),
    "people's column twice": (
        lambda t: t.replace("approved on |", "owner |"),
        "register-columns",
        5,
        "`owner` is there 2 times",
    ),
    "columns swapped": (
        lambda t: t.replace("| floor | current |", "| current | floor |"),
        "register-columns",
        5,
        "`floor` must stand before `current`",
    ),
    "surplus cell": (lambda t: t.replace(" combined |", " comb | ined |"), "register-row", 7, "has 16 cells"),
    "bad id": (lambda t: t.replace("| EX-001", "| EX 001"), "register-cell", 7, "id: 'EX 001'"),
    "bad scope": (lambda t: t.replace("component:auth", "module:auth"), "register-cell", 7, "scope: 'module:auth'"),
    "no scope": (lambda t: t.replace("component:auth", ""), "register-cell", 7, "scope: ''"),
    "no subject": (lambda t: t.replace("component:auth", "component:"), "register-cell", 7, "is missing"),
    "absolute path": (lambda t: t.replace("component:auth", "file:/etc/x"), "register-cell", 7, "relative"),
    "path outside": (lambda t: t.replace("component:auth", "file:a/../b"), "register-cell", 7, "relative"),
    "bad metric": (lambda t: t.replace("combined", "lines"), "register-cell", 7, "metric: 'lines' is none of"),
    "bad number": (lambda t: t.replace("| 79.95 |", "| about 80 |"), "register-cell", 7, "floor: 'about 80'"),
    "not a percentage": (lambda t: t.replace("| 92 |", "| 120 |"), "register-cell", 7, "bar: '120'"),
    "foreign digits": (lambda t: t.replace("| 92 |", "| ٩٢ |"), "register-cell", 7, "bar:"),
    "bad status": (lambda t: t.replace("active", "waived"), "register-cell", 7, "status: 'waived'"),
    "bad date": (lambda t: t.replace("2026-12-31", "2026-02-30"), "register-cell", 7, "next review: '2026-02-30'"),
    "date in words": (lambda t: t.replace("2026-12-31", "31.12.2026"), "register-cell", 7, "next review: '31.12.2026'"),
    "id twice": (lambda t: t.replace(ROW, ROW + "\n" + ROW.replace("auth", "api")), "register-duplicate", 8, "line 7"),
    "figure twice": (
        lambda t: t.replace(ROW, ROW + "\n" + ROW.replace("EX-001", "EX-002")),
        "register-duplicate",
        8,
        "component:auth (combined) already has an open row in line 7",
    ),
}


@pytest.mark.reliability
@pytest.mark.parametrize("case", DAMAGES)
def test_damage_is_one_error_with_file_and_line(case: str) -> None:
    damage, code, line, words = DAMAGES[case]
    text = damage(table([COMPLETE]))

    with pytest.raises(RegisterInvalid) as caught:
        parse(text, PATH)

    assert (caught.value.code, caught.value.message.split(" ")[0]) == (code, f"{PATH}:{line}:")
    assert words in caught.value.message
    assert caught.value.exit_code == 3


@pytest.mark.security
@given(st.lists(st.sampled_from([*"|-:\\ \n\r`<>!x", BEGIN, END, table([COMPLETE]), table()]), max_size=40))
def test_any_text_is_read_whole_or_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        rendered, refusal = render(parse(text, PATH)), PATH
    except RegisterInvalid as error:
        rendered, refusal = text, error.message

    assert rendered == text
    assert refusal.startswith(PATH)
