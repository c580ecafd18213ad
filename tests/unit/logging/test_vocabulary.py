"""The audit trail's vocabulary is closed: every event has its shape, and no entry has another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.eventlog.redaction import redact
from covgov.hub.eventlog.vocabulary import LONGEST_TEXT, SHAPES, AuditEvent, faults_of
from covgov_testing.fakes.eventlog import fields_for

EVENTS = list(AuditEvent)


@pytest.mark.architecture
def test_every_event_has_its_shape_and_every_shape_its_event() -> None:
    assert set(SHAPES) == set(AuditEvent)


@pytest.mark.parametrize("event", EVENTS)
def test_names_are_kebab_case_and_say_what_happened(event: AuditEvent) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", event.value)
    assert event.value == event.name.lower().replace("_", "-")


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_required_fields_apart_from_optional_ones(event: AuditEvent) -> None:
    shape = SHAPES[event]
    assert shape.required
    assert not set(shape.required) & set(shape.optional)


@pytest.mark.parametrize("event", EVENTS)
def test_required_fields_suffice_and_optional_ones_are_accepted(event: AuditEvent) -> None:
    assert faults_of(event, fields_for(event)) == []
    assert faults_of(event, fields_for(event, optional=True)) == []


@given(st.sampled_from(EVENTS), st.data())
def test_a_missing_required_field_is_named(event: AuditEvent, data: st.DataObject) -> None:
    fields = fields_for(event)
    gone = data.draw(st.sampled_from(sorted(fields)))
    del fields[gone]
    assert faults_of(event, fields) == [f"lacks {gone}"]


@given(st.sampled_from(EVENTS), st.text(min_size=1))
def test_an_unknown_field_is_refused(event: AuditEvent, name: str) -> None:
    known = fields_for(event, optional=True)
    assert faults_of(event, {**known, f"{name}!": "x"}) == [f"does not know {name}!"]


@given(st.sampled_from(EVENTS), st.data())
def test_a_field_of_another_type_is_refused(event: AuditEvent, data: st.DataObject) -> None:
    fields = fields_for(event, optional=True)
    name = data.draw(st.sampled_from(sorted(fields)))
    others = [value for value in ("text", 1, True) if type(value) is not type(fields[name])]
    fields[name] = data.draw(st.sampled_from(others))
    [fault] = faults_of(event, fields)
    assert fault.startswith("needs ")
    assert fault.endswith(f" for {name}")


def test_a_long_text_is_refused_as_a_field() -> None:
    fields = {**fields_for(AuditEvent.RUN_APPENDED), "run": "x" * (LONGEST_TEXT + 1)}
    assert faults_of(AuditEvent.RUN_APPENDED, fields) == [f"needs at most {LONGEST_TEXT} characters for run"]


@pytest.mark.security
@pytest.mark.parametrize("event", EVENTS)
def test_no_event_field_is_named_after_a_secret(event: AuditEvent) -> None:
    names = {**SHAPES[event].required, **SHAPES[event].optional}
    assert not {"secret", "password", "text", "authorization", "header"} & set(names)
    assert "sha256" not in names or not event.value.startswith("token-")
    assert redact(dict.fromkeys(names, "a" * 26)) == dict.fromkeys(names, "a" * 26)
