"""covgov.toml, or [tool.covgov] of pyproject.toml -> Policy. The one place where a policy comes from text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping

from covgov.errors import PolicyInvalid
from covgov.policy.policy import Policy
from covgov.policy.tables import depth, faults, locate
from covgov.policy.tables.fields import number
from covgov.policy.tables.table import TableFaults

OWN_FILE = "covgov.toml"
SHARED_FILE = "pyproject.toml"
SHARED_PREFIX = ("tool", "covgov")


def load(read: Callable[[str], bytes | None], *, at: str = "") -> Policy | None:
    """The policy of a tree; `read` gives a file's bytes or None. None = nobody wrote one.

    at: which tree, added to the file's name in faults ("at 1a2b3c4d5e6f (base branch)"); "" for the one on disk.
    Raises PolicyInvalid: `policy-twice`, `policy-not-utf8`, `policy-not-toml`, `policy-faults`.
    """
    own_name, shared_name = (f"{name} {at}".rstrip() for name in (OWN_FILE, SHARED_FILE))
    own = _text(read(OWN_FILE), own_name)
    shared = _text(read(SHARED_FILE), shared_name)
    in_shared = shared is not None and "covgov" in shared and bool(_under(_toml(shared, shared_name), SHARED_PREFIX))
    if own is not None and in_shared and _toml(own, own_name):
        raise PolicyInvalid(
            "policy-twice",
            f"there are two policies: {OWN_FILE} and [tool.covgov] of {shared_name}",
            hint="keep one of them and delete the other",
        )
    if own is not None and not (in_shared and not _toml(own, own_name)):
        return parse(own, own_name)
    return parse(shared, shared_name, SHARED_PREFIX) if in_shared and shared is not None else None


def file_of(read: Callable[[str], bytes | None]) -> str:
    """The file that holds the policy of a tree, or would."""
    own = read(OWN_FILE)
    return SHARED_FILE if not (own or b"").strip() and read(SHARED_FILE) is not None else OWN_FILE


def parse(text: str, where: str, prefix: tuple[str, ...] = ()) -> Policy:
    """The policy in a TOML text, below the table `prefix`. `where` names the text in faults.

    Raises PolicyInvalid with every fault as `where:line: key: what` (`where: line N: ...` if `where` is several words).
    """
    data = _under(_toml(text, where), prefix)
    policy, found = _validated(data)
    if policy is None or found:
        raise _invalid(found, text, where, prefix)
    return policy


def _validated(data: Mapping[str, object]) -> tuple[Policy | None, list[faults.PolicyFault]]:
    newer = list(faults.of_version(data))
    if newer:
        return None, newer
    sense = list(faults.of_sense(data))
    try:
        return Policy.read(data).placed(), sense
    except TableFaults as error:
        return None, [*faults.of_types(error), *sense]


def _invalid(found: list[faults.PolicyFault], text: str, where: str, prefix: tuple[str, ...]) -> PolicyInvalid:
    lines = locate.places(text)
    rows = sorted({(locate.line_of(lines, (*prefix, *fault.place)), fault.key, fault.what) for fault in found})
    count = f"{len(rows)} faults" if len(rows) > 1 else "a fault"
    return PolicyInvalid(
        "policy-faults",
        f"{where} has {count}",
        hint="docs/configuration.md lists every key; `covgov policy show --schema` prints the schema",
        faults=tuple(f"{_line(where, line)}: {key}: {what}" for line, key, what in rows),
    )


def _line(where: str, line: int | str) -> str:
    """`FILE:LINE`, which editors jump to; a text that is no file on this disk gets `NAME: line LINE`."""
    return f"{where}: line {line}" if " " in where else f"{where}:{line}"


def _text(data: bytes | None, where: str) -> str | None:
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise PolicyInvalid(
            "policy-not-utf8", f"{_line(where, line)}: is not UTF-8", hint="save the file as UTF-8"
        ) from error


def _toml(text: str, where: str) -> Mapping[str, object]:
    long = depth.long_key(text)
    if long is not None:
        raise PolicyInvalid(
            "policy-not-toml",
            f"{_line(where, long)}: has a key of more than {depth.MOST_PARTS} parts",
            hint="no key of a policy has more than five; docs/configuration.md lists them",
        )
    try:
        found = tomllib.loads(text, parse_float=number)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = _line(where, line[1]) if line else where
        raise PolicyInvalid("policy-not-toml", f"{place}: is not TOML: {error}", hint="see https://toml.io") from error
    except ValueError as error:  # an integer of thousands of digits, which Python refuses to read
        raise PolicyInvalid("policy-not-toml", f"{where}: is not TOML: {error}", hint="see https://toml.io") from error
    except RecursionError as error:
        raise _nested(where) from error
    if depth.too_deep(found):
        raise _nested(where)
    return found


def _nested(where: str) -> PolicyInvalid:
    return PolicyInvalid(
        "policy-not-toml", f"{where}: is nested too deeply", hint="docs/configuration.md lists every key"
    )


def _under(data: Mapping[str, object], prefix: tuple[str, ...]) -> dict[str, object]:
    inner: object = data
    for key in prefix:
        inner = inner.get(key) if isinstance(inner, Mapping) else None
    return dict(inner) if isinstance(inner, Mapping) else {}
