from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from covgov.policy.tables.locate import line_of, places

TEXT = '''\
# comment
version = 1

[a]
x = 1
"y z" = [
  "[not.a.table]", # and = no key
  2,
]
text = """
k = 1
[b]
"""
[a.b]
inline = { p = 1, q = [{ r = 2 }] }
dot.ted = 3
[[list]]
n = 1
[[list]]
n = 2
[[list.inner]]
m = 1
[[list.inner]]
[list.inner.deep]
z = 1
'''


def test_keys_and_tables_have_the_line_they_stand_on() -> None:
    found = places(TEXT)
    assert found[("version",)] == 2
    assert found[("a",)] == 4
    assert found[("a", "y z")] == 6
    assert found[("a", "text")] == 10
    assert found[("a", "b", "inline", "q", 0, "r")] == 15
    assert found[("a", "b", "dot", "ted")] == 16
    assert found[("list", 0, "n")] == 18
    assert found[("list", 1, "n")] == 20
    assert found[("list", 1, "inner", 0, "m")] == 22
    assert found[("list", 1, "inner", 1, "deep", "z")] == 25


def test_what_looks_like_a_key_inside_a_string_is_none() -> None:
    assert ("b",) not in places(TEXT)
    assert ("k",) not in places(TEXT)


def test_an_absent_key_stands_where_its_table_does() -> None:
    found = places(TEXT)
    assert line_of(found, ("a", "b", "missing")) == 14
    assert line_of(found, ("nowhere",)) == 1


def test_windows_line_ends_count_the_same() -> None:
    assert places(TEXT.replace("\n", "\r\n")) == places(TEXT)


def test_a_line_separator_inside_a_string_is_not_a_line_end() -> None:
    assert places('a = "x\u2028y"\nb = 1\n')[("b",)] == 2


NAMES = st.text("abcxyz", min_size=1, max_size=3)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(), max_size=4), max_size=4))
def test_every_key_of_a_text_is_found_on_its_own_line(tables: dict[str, dict[str, int]]) -> None:
    text = "".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) for name, keys in tables.items())
    found, rows = places(text), text.split("\n")
    assert tomllib.loads(text) == tables
    for name, keys in tables.items():
        assert rows[found[(name,)] - 1] == f"[{name}]"
        for key, value in keys.items():
            assert rows[found[(name, key)] - 1] == f"{key} = {value}"
