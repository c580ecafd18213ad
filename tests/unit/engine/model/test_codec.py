from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.model.codec import builtins, decode, encode
from covgov.model.ratio import Ratio


@dataclass(frozen=True, slots=True)
class Sample:
    points: Fraction
    bar: Decimal | None
    day: date
    named: dict[str, int]


@given(
    st.builds(
        Sample,
        points=st.fractions(),
        bar=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        day=st.dates(),
        named=st.dictionaries(st.text(), st.integers(-(2**63), 2**63 - 1)),
    )
)
def test_what_was_encoded_is_decoded(sample: Sample) -> None:
    assert decode(encode(sample), Sample) == sample


def test_the_same_value_gives_the_same_bytes_whatever_the_order_of_its_keys() -> None:
    one = Sample(Fraction(1, 3), None, date(2026, 11, 22), {"a": 1, "b": 2})
    other = Sample(Fraction(2, 6), None, date(2026, 11, 22), {"b": 2, "a": 1})
    assert encode(one) == encode(other)


def test_what_is_no_text_is_spelled_out_and_has_the_bytes_of_what_it_is_decoded_to() -> None:
    data = encode(Sample(Fraction(1, 3), Decimal("0.5"), date(2026, 11, 22), {"a\udce9": 1, "a]": 2}))
    told = decode(data, Sample)
    assert told.named == {"a\\udce9": 1, "a]": 2}
    assert encode(told) == data
    assert encode({"b": ("\udce9",), "a": [None]}) == b'{"a":[null],"b":["\\\\udce9"]}'


def test_a_value_without_a_canonical_form_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="no canonical form for complex"):
        encode(1j)


def test_a_type_without_a_canonical_form_is_refused() -> None:
    with pytest.raises((NotImplementedError, msgspec.ValidationError)):
        decode(b"1", complex)


@pytest.mark.reliability
def test_a_misfit_names_its_place() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.day"):
        decode(b'{"points":{"exact":"1/2","shown":"+0.50"},"bar":null,"day":7,"named":{}}', Sample)


@pytest.mark.security
@pytest.mark.parametrize("text", ["1e999999999", "1/0", "1", "1/-2", " 1/2", "٣/4", "1/2\n", "9" * 1001 + "/1"])
def test_only_what_encode_writes_is_read_as_a_fraction(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="not a fraction"):
        decode(msgspec.json.encode({"exact": text, "shown": "+0.50"}), Fraction)


@pytest.mark.security
@pytest.mark.parametrize("text", [b'"1/2"', b'{"exact":"1/2"}', b"[]", b"0.5", b"null"])
def test_points_without_both_spellings_are_refused(text: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match="not a fraction"):
        decode(text, Fraction)


@given(st.builds(lambda a, b: Ratio(min(a, b), max(a, b)), st.integers(0, 10**9), st.integers(0, 10**9)))
def test_a_ratio_is_its_counts_with_a_percentage_for_people(ratio: Ratio) -> None:
    percent = ratio.percent() if ratio.measurable else None
    assert builtins(ratio) == {"covered": ratio.covered, "total": ratio.total, "percent": percent}
    assert decode(encode(ratio), Ratio) == ratio


@pytest.mark.security
@pytest.mark.parametrize(
    "text", ['{"covered":3,"total":2}', '{"covered":true,"total":2}', '{"total":2}', "[1,2]", '"1/2"']
)
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(text.encode(), Ratio)


def test_the_percentage_is_not_read() -> None:
    assert decode(b'{"covered":1,"total":2,"percent":"99.00"}', Ratio) == Ratio(1, 2)


@given(st.text(st.characters(), max_size=20))
def test_text_is_changed_only_where_it_cannot_be_written(text: str) -> None:
    assert decode(encode(text), str) == text or any("\ud800" <= char <= "\udfff" for char in text)


@pytest.mark.security
def test_nesting_too_deep_for_the_decoder_is_a_misfit_like_any_other() -> None:
    with pytest.raises(msgspec.ValidationError, match="recursion"):
        decode(b'{"unknown":' + b"[" * 100_000, Ratio)
