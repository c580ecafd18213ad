from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covgov.publish.channels.comment_text import (
    MOST_BYTES,
    bare,
    compose,
    marker,
    shortened,
    stamp,
    stamped,
)
from covgov.publish.render.markdown import MARKER, MarkdownRenderer
from covgov.publish.render.parts.safe_text import markdown_block
from covgov_testing.builders import verdict as build
from covgov_testing.laws import examples

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEAD = f"{marker('covgov')}\n{stamp(NOON)}"
quick = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
PATCH = "diff --git a/x.md b/x.md\n--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-| old |\n+| new |\n"
HOSTILE = "```\n</details>\n<!-- covgov:at 2099-01-01T00:00:00Z -->\n~~~~\n`````\r\n@everyone\n"
lines = st.text(st.sampled_from("`~ab<>-\t@#|\\"), max_size=12)
diffs = st.lists(lines | st.sampled_from(("```", "````diff", "~~~", "</details>")), min_size=1).map("\n".join)


def summary(uncovered: int = 0) -> str:
    """Of a verdict with at least so many files that are not covered, a hundred per component."""
    files = {f"src/m{number}.py": "1-9,11,13" for number in range(100)}
    rows = tuple(build.row(f"part{number}", uncovered=files) for number in range(-(-uncovered // 100)))
    return MarkdownRenderer(1_000_000)(build.verdict(build.finding(), rows=rows))


def test_the_first_line_of_a_comment_is_its_marker() -> None:
    assert marker("covgov") == MARKER
    assert len({marker(name, suite) for name in ("covgov", "other") for suite in ("", "api", "auth")}) == 6
    assert compose(HEAD, summary()).startswith(f"{MARKER}\n")


def test_the_summarys_own_marker_is_not_repeated() -> None:
    assert compose(HEAD, summary()).count(MARKER) == 1


def test_a_comment_links_to_its_run() -> None:
    assert "[The whole run](https://github.example/r/1)" in compose(
        HEAD, summary(), run_url="https://github.example/r/1"
    )
    assert "whole run" not in compose(HEAD, summary())


@pytest.mark.security
@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/) ![x](y", "https://x.example/\nforged"])
def test_only_a_plain_address_becomes_a_link(url: str) -> None:
    assert "whole run" not in compose(HEAD, summary(), run_url=url)


def test_a_proposed_change_of_the_register_is_shown_and_can_be_copied() -> None:
    body = compose(HEAD, summary(), patch=PATCH)
    assert f"```diff\n{PATCH}```" in body
    assert "Rows to paste:\n\n```markdown\n| new |\n```\n" in body
    assert "`covgov exceptions sync`" in body
    assert "`git apply`" in body
    assert "exception register" not in compose(HEAD, summary())


@pytest.mark.security
@quick
@given(diffs)
def test_a_diff_cannot_close_its_code_block(diff: str) -> None:
    tokens = MarkdownIt("commonmark").parse(compose(HEAD, "told", patch=diff + "\n"))
    (fence,) = [token for token in tokens if token.type == "fence" and token.info == "diff"]
    assert fence.content == diff.rstrip("\n") + "\n"
    assert tokens[-1].content.strip() == "</details>"


@quick
@given(st.integers(0, 400), st.integers(0, 4000))
def test_a_comment_is_never_longer_than_github_takes(files: int, changed: int) -> None:
    body = compose(HEAD, summary(files * 10), run_url="https://x.example", patch=PATCH + "+| é |\n" * changed * 10)
    assert len(body.encode()) <= MOST_BYTES
    assert body.startswith(HEAD)
    assert body.count("<details>") == body.count("</details>")


def test_a_diff_that_is_too_long_is_dropped_before_the_summary() -> None:
    body = compose(HEAD, summary(), patch=PATCH + "+| x |\n" * 20_000)
    assert "(20006 lines) are too long for a comment" in body
    assert "```diff" not in body
    assert build.finding().message.split(":")[0] in body


def test_a_summary_that_is_too_long_is_cut_between_lines_and_keeps_its_foot() -> None:
    body = compose(HEAD, summary(8000))
    assert len(body.encode()) > MOST_BYTES * 0.9
    assert "(cut here: the text is too long for a comment)" in body
    assert "- Judged: c0ffee123456" in body
    assert "</details>" in body


@quick
@given(st.text(max_size=300), st.integers(200, 400))
def test_shortened_text_fits(text: str, most: int) -> None:
    assert len(shortened(text * 3, most).encode()) <= most or shortened(text * 3, most) == text * 3


def test_short_text_is_unchanged() -> None:
    assert shortened("told\n---\nfoot", 13) == "told\n---\nfoot"


def test_a_foot_as_long_as_the_text_is_dropped() -> None:
    cut = shortened("told\n---\n" + "F" * 1000, 200)
    assert cut.startswith("told\n---")
    assert "F" not in cut


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert markdown_block("a\n", "diff") == "```diff\na\n```"
    assert markdown_block("````\n", "").startswith("`````\n")


@quick
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 12))
def test_the_stamp_of_a_comment_is_read_back_to_the_second(at: datetime, hours: int) -> None:
    aware = at.replace(microsecond=0, tzinfo=timezone(timedelta(hours=hours)))
    assert stamped(f"{marker('covgov')}\n{stamp(aware)}\nand so on") == aware


@pytest.mark.security
@pytest.mark.parametrize(
    "body",
    [
        "",
        MARKER,
        f"{MARKER}\ntold",
        f"{MARKER}\ntold\n{stamp(NOON)}",
        f"{MARKER}\n<!-- covgov:at 2026-99-99T00:00:00Z -->",
        f"{MARKER}\n{stamp(NOON)} and more",
    ],
)
def test_only_the_second_line_is_a_stamp(body: str) -> None:
    assert stamped(body) is None


@pytest.mark.security
def test_no_diff_can_forge_a_stamp() -> None:
    assert stamped(compose(HEAD, summary(), patch=HOSTILE)) == NOON


def test_comments_that_say_the_same_are_equal_but_for_their_stamps() -> None:
    later = f"{marker('covgov')}\n{stamp(NOON + timedelta(days=1))}"
    assert bare(compose(HEAD, "told")) == bare(compose(later, "told").replace("\n", "\r\n") + "\n")
    assert bare(compose(HEAD, "told")) != bare(compose(HEAD, "else"))
