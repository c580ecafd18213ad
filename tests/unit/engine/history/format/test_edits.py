from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.history.format import edits
from covgov.history.format.edits import TextState

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"+x", b"@1", b"=y", b""]), max_size=12)
TEXTS = st.dictionaries(st.sampled_from(["verdict", "coverage/api", 'a\n"b']), LINES, min_size=1, max_size=3)


@given(st.lists(TEXTS, max_size=6))
def test_texts_come_back_whatever_came_before_them(history: list[dict[str, list[bytes]]]) -> None:
    state = TextState()
    for sequence, texts in enumerate(history, 1):
        data, since = edits.encode(state, texts, sequence)
        state = edits.decode(state, data, sequence, since)
        assert {name: list(state.texts[name]) for name in texts} == texts
        assert state.since == since <= sequence


def test_what_did_not_change_is_copied() -> None:
    old = [b"%d" % number for number in range(100)]
    new = [*old[:40], b"new", *old[41:]]
    state = edits.decode(TextState(), edits.encode(TextState(), {"t": old}, 1)[0], 1, 1)
    data, since = edits.encode(state, {"t": new}, 2)
    assert (since, zlib.decompress(data)) == (1, edits.HEADER + b'\n="t"\n@40\n+new\n@59')


def test_lines_that_went_or_came_are_found_again() -> None:
    old = [b"%d" % number for number in range(100)]
    state = edits.decode(TextState(), edits.encode(TextState(), {"t": old}, 1)[0], 1, 1)
    data, _ = edits.encode(state, {"t": [*old[:10], b"x", b"y", *old[10:50], *old[60:]]}, 2)
    assert zlib.decompress(data).split(b"\n")[2:] == [b"@10", b"+x", b"+y", b"@10 40", b"@60 40"]


def appended(state: TextState, texts: dict[str, list[bytes]], sequence: int) -> TextState:
    data, since = edits.encode(state, texts, sequence)
    return edits.decode(state, data, sequence, since)


def test_texts_are_written_whole_before_too_many_edits_follow_one_another() -> None:
    text = [b"%0200d" % number for number in range(50)]
    state, whole = TextState(), []
    for sequence in range(1, 2 * edits.LONGEST + 2):
        state = appended(state, {"t": [*text, b"%d" % sequence]}, sequence)
        whole += [sequence] if state.since == sequence else []
    assert whole == [1, edits.LONGEST + 1, 2 * edits.LONGEST + 1]


def test_texts_are_written_whole_when_edits_outgrow_them() -> None:
    state = appended(TextState(), {"t": [b"%040d" % number for number in range(100)]}, 1)
    read = 0
    for sequence in range(2, 40):
        state = appended(
            state, {"t": [b"%040d" % (number + (number < 50) * sequence) for number in range(100)]}, sequence
        )
        read = max(read, state.edited)
    assert state.since > 1
    assert 100 * 40 < read < (edits.GROWTH + 1) * 100 * 42


@given(st.lists(TEXTS, max_size=6), st.sets(st.sampled_from(["verdict", "coverage/api", 'a\n"b'])))
def test_the_texts_that_are_wanted_are_the_same_without_the_others(
    history: list[dict[str, list[bytes]]], wanted: set[str]
) -> None:
    whole = part = TextState()
    for sequence, texts in enumerate(history, 1):
        data, since = edits.encode(whole, texts, sequence)
        whole = edits.decode(whole, data, sequence, since)
        part = edits.decode(part, data, sequence, since, wanted.__contains__)
        assert part.texts == {name: text for name, text in whole.texts.items() if name in wanted}
        assert (part.since, part.edited) == (whole.since, whole.edited)


def plainly(old: list[bytes], part: list[bytes]) -> list[bytes] | None:
    """What edits make of a text, one line at a time; None = they are refused."""
    new: list[bytes] = []
    at = 0
    for edit in part:
        words = edit[1:].decode().split(" ")
        if edit.startswith(b"+"):
            new.append(edit[1:])
            at += 1
        elif not edit.startswith(b"@") or len(words) > 2 or not all(word.isdecimal() for word in words):
            return None
        else:
            start, count = int(words[0]) if len(words) == 2 else at, int(words[-1])
            new += old[start : start + count]
            at = start + count
            if count and at > len(old):
                return None
    return new


@pytest.mark.security
@given(
    LINES,
    st.lists(
        st.one_of(
            LINES.map(lambda some: b"+".join([b"", *some[:1]])),
            st.sampled_from([b"@0", b"@1", b"@2 1", b"@0 3", b"@9", b"@1 2 3", b"@", b"@ 1", b"@1 ", b"+", b"-", b""]),
        ),
        max_size=8,
    ),
)
def test_edits_of_any_shape_make_what_they_make_one_at_a_time(old: list[bytes], part: list[bytes]) -> None:
    state = TextState({"t": old}, since=1)
    data = zlib.compress(b"\n".join([edits.HEADER, b'="t"', *part]))
    expected = plainly(old, part)
    if expected is None:
        with pytest.raises(ValueError, match="one of its"):
            edits.decode(state, data, 2, 1)
    else:
        assert edits.decode(state, data, 2, 1).texts["t"] == expected


@pytest.mark.security
@pytest.mark.parametrize(
    ("old", "copies"),
    [
        ([b"x" * 1_000_000], b"@0 1"),
        ([b""] * 70_000, b"@0 70000"),
    ],
)
def test_texts_that_grow_by_copies_are_refused(old: list[bytes], copies: bytes) -> None:
    state = edits.decode(TextState(), edits.encode(TextState(), {"t": old}, 1)[0], 1, 1)
    for count, refused in ((50, False), (300, True)):
        data = zlib.compress(b"\n".join([edits.HEADER, b'="t"', *[copies] * count]))
        if refused:
            with pytest.raises(ValueError, match="more than"):
                edits.decode(state, data, 2, 1)
        else:
            assert len(edits.decode(state, data, 2, 1).texts["t"]) == count * len(old)


@pytest.mark.security
@pytest.mark.parametrize(
    ("plain", "what"),
    [
        (b"", "no edits"),
        (b'{"format":"covgov-edits","version":3}', "no edits"),
        (edits.HEADER, "of no text"),
        (edits.HEADER + b"\n@1", "of no text"),
        (edits.HEADER + b"\n=verdict\n", "malformed"),
        (edits.HEADER + b'\n="t"\nx', "no edit"),
        (edits.HEADER + b'\n="t"\n@-1', "no edit"),
        (edits.HEADER + b'\n="t"\n@1', "fits no line"),
        (edits.HEADER + b'\n="t"\n@3 9', "fits no line"),
        (edits.HEADER + b'\n="t"\n@999999999999', "no edit"),
    ],
)
def test_edits_that_covgov_did_not_write_are_refused(plain: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        edits.decode(TextState(), zlib.compress(plain), 1, 1)


@pytest.mark.security
@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"no", lambda data: b""]
)
def test_an_object_that_is_not_whole_is_refused(damage: object) -> None:
    assert callable(damage)
    data, _ = edits.encode(TextState(), {"t": [b"a"]}, 1)
    with pytest.raises(ValueError, match="it "):
        edits.decode(TextState(), damage(data), 1, 1)
