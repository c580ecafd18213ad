from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgov.publish.render.parts import safe_text
from covgov_testing.builders.verdict import HOSTILE

everything = st.text() | st.text(st.characters()) | st.sampled_from(HOSTILE)


@given(everything)
def test_plain_is_one_printable_line_and_idempotent(text: str) -> None:
    shown = safe_text.plain(text)
    assert shown.isprintable()
    assert safe_text.plain(shown) == shown


@given(st.text(st.characters(categories=("L", "N", "P"))))
def test_plain_leaves_readable_text_alone(text: str) -> None:
    assert safe_text.plain(text) == text


def test_plain_spells_what_cannot_be_seen() -> None:
    assert safe_text.plain("a\n\x1b[0m\u202eb\u00a0c\udc80") == "a\\n\\x1b[0m\\u202eb c\\udc80"


@pytest.mark.security
@given(everything)
def test_a_log_line_is_no_command_of_any_ci_runner(text: str) -> None:
    shown = safe_text.log_line(text)
    assert not shown.strip().startswith("::")
    assert "##" not in shown


def test_a_log_line_keeps_single_hashes_and_inner_colons() -> None:
    assert safe_text.log_line("#12 std::vector") == "#12 std::vector"
    assert safe_text.log_line(" ::error::x ###[y") == " : :error::x # # #[y"


@pytest.mark.security
@given(everything)
def test_markdown_shows_exactly_the_text_as_one_paragraph_of_text(text: str) -> None:
    shown = safe_text.markdown(text)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(shown)
    expected = safe_text.plain(text).strip()
    inline = [token for token in tokens if token.type == "inline"]
    assert [token.type for token in tokens] == (["paragraph_open", "inline", "paragraph_close"] if expected else [])
    told = "".join(child.content for token in inline for child in token.children or ())
    assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special"}
    assert told.replace("\u200b", "") == expected


@pytest.mark.security
@pytest.mark.parametrize("text", ["@everyone", "a@b.example", "org/repo#12", "http://x.example", "WWW.x.example"])
def test_markdown_parts_what_a_forge_would_link_after_rendering(text: str) -> None:
    assert "&#8203;" in safe_text.markdown(text)


@pytest.mark.parametrize(("text", "shown"), [("-5.00 pp", "-5.00 pp"), ("- x", "\\- x"), ("12. x", "12&#8203;. x")])
def test_markdown_escapes_the_start_of_a_block_but_no_number(text: str, shown: str) -> None:
    assert safe_text.markdown(text) == shown


@pytest.mark.security
@given(everything | st.lists(st.sampled_from(("`a b`", "``", "`", "x", " ", "|", "`<b>`", "\\"))).map("".join))
def test_prose_shows_the_text_with_nothing_but_text_and_code_in_it(text: str) -> None:
    shown = safe_text.markdown_prose(text)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(shown)
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    told = "".join(f"`{c.content}`" if c.type == "code_inline" else c.content for c in children)
    assert told.replace("\u200b", "") == safe_text.plain(text).strip()


def test_prose_keeps_commands_as_code_and_escapes_everything_else() -> None:
    told = safe_text.markdown_prose("run `covgov exceptions sync` in `a|b` [now]")
    assert told == "run `covgov exceptions sync` in \\`a\\|b\\` \\[now\\]"


def test_markdown_leaves_underscores_within_words_alone() -> None:
    assert safe_text.markdown("fail_under _x_ a__b") == "fail_under \\_x\\_ a\\_\\_b"


@pytest.mark.security
@given(everything)
def test_a_code_span_is_code_or_escaped_text_and_nothing_else(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parseInline(safe_text.markdown_code(text))
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    told = "".join(child.content for child in children).replace("\u200b", "")
    assert told.strip() == safe_text.plain(text).strip()


def test_a_code_span_is_used_where_it_is_safe() -> None:
    assert safe_text.markdown_code("src/a b.py") == "`src/a b.py`"
    assert safe_text.markdown_code("a|b") == "a\\|b"


def test_a_row_parts_its_cells_with_pipes() -> None:
    assert safe_text.markdown_row(["a", "b"]) == "| a | b |"


@pytest.mark.security
@given(everything)
def test_command_text_cannot_end_its_property_or_line(text: str) -> None:
    assert not set(safe_text.command_property(text)) & set("\r\n:,")
    assert not set(safe_text.command_data(text)) & set("\r\n")


def test_command_text_is_escaped_as_the_runner_unescapes_it() -> None:
    assert safe_text.command_data("5 %0A: a") == "5 %250A: a"
    assert safe_text.command_property("a:b,c%") == "a%3Ab%2Cc%25"


@pytest.mark.security
@given(everything)
def test_a_file_name_holds_no_character_that_ends_a_field_and_can_be_encoded(text: str) -> None:
    shown = safe_text.file_name(text)
    assert shown.encode().decode() == shown
    assert len(shown.splitlines()) <= 1
    assert "\0" not in shown


def test_a_file_name_keeps_what_is_merely_unusual() -> None:
    assert safe_text.file_name("src/\u00a0ü \u200b.py") == "src/\u00a0ü \u200b.py"
