"""Stable identities of findings for services that track them from run to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256

from covgov.model.verdict import Finding


def fingerprinted(findings: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
    """Each finding with 64 hexadecimal digits that stay when only its figures or wording change.

    Made of rule, scope, subject and metric; findings that share these are distinguished by their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        key = (finding.rule, finding.scope, finding.subject, finding.metric or "")
        yield _digest((*key, str(seen[key]))), finding
        seen[key] += 1


def _digest(parts: tuple[str, ...]) -> str:
    # the length prefix keeps ("a", "bc") and ("ab", "c") apart
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
