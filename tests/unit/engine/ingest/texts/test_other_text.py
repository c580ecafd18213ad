"""What is no line of Python's code: the quick check, and what it means."""

from hypothesis import given
from hypothesis import strategies as st

from covgov.ingest.texts.other_text import misfit
from covgov.model.snapshot import FileCoverage

TEXTS = st.lists(st.sampled_from([b"a", b"#", b" ", b"\t", b"\f", b"\v", b"\n", b"\r", b"\r\n", b"\x85"])).map(b"".join)


def silent(line: bytes) -> bool:
    return not line.strip() or line.lstrip().startswith(b"#")


@given(TEXTS)
def test_only_blank_lines_and_comments_hold_no_code(text: bytes) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        why = misfit(FileCoverage(1 << number, 0), "a.py", text)
        assert why == (f"it counts line {number} of a.py, which holds no code" if silent(line) else "")


@given(TEXTS)
def test_the_first_line_without_code_is_named(text: bytes) -> None:
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines, 1) if silent(line)), 0)
    why = misfit(FileCoverage((1 << len(lines) + 1) - 2, 0), "a.py", text)
    assert why == (f"it counts line {first} of a.py, which holds no code" if first else "")
