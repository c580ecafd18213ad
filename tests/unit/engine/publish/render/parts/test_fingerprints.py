from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from covgov.model.verdict import Finding
from covgov.publish.render.parts.fingerprints import fingerprinted
from covgov_testing.builders import verdict as build


@given(st.lists(build.findings, max_size=6))
def test_fingerprints_are_unique_and_the_same_each_time(findings: list[Finding]) -> None:
    marks = [mark for mark, _ in fingerprinted(findings)]
    assert len(set(marks)) == len(findings)
    assert marks == [mark for mark, _ in fingerprinted(findings)]


def test_a_fingerprint_outlives_a_change_of_figures_and_wording() -> None:
    before = build.finding("api: 70 %")
    ((old, _),) = fingerprinted([before])
    ((new, _),) = fingerprinted([structs.replace(before, message="api: 71 %", hint="other")])
    ((other, _),) = fingerprinted([structs.replace(before, subject="auth")])
    assert old == new != other


def test_neighbouring_fields_do_not_run_into_each_other() -> None:
    ((one, _),) = fingerprinted([build.finding(rule="ab", subject="c")])
    ((two, _),) = fingerprinted([build.finding(rule="a", subject="bc")])
    assert one != two
