"""The twelve categories once more, the slow way: unit by unit, lines mapped by comparing the two texts.

Shares no code with covgov.differential. Texts must have distinct lines that keep their order: then "the same line"
needs no judgement.
"""

from __future__ import annotations

from collections.abc import Sequence

from covgov.model.snapshot import CountedExits, FileCoverage

Unit = tuple[object, ...]
"""("line", side, number), ("exit", side, source, target) or ("counted", side, line, position)."""


def categories(
    before: FileCoverage | None, after: FileCoverage | None, old: Sequence[str], new: Sequence[str]
) -> dict[Unit, str]:
    """Unit -> category name; the side is "head" for units that exist there, else "base"."""
    where = {text: number for number, text in enumerate(new, 1)}
    to_head = {number: where[text] for number, text in enumerate(old, 1) if text in where}
    found: dict[Unit, str] = {}
    found.update(_lines(before, after, to_head))
    found.update(_exits(before, after, to_head))
    found.update(_counted(before, after, to_head))
    return found


def _listed(bits: int) -> list[int]:
    return [n for n, bit in enumerate(reversed(bin(bits)[2:])) if bit == "1"]


def _lines(before: FileCoverage | None, after: FileCoverage | None, to_head: dict[int, int]) -> dict[Unit, str]:
    old_state = {n: n in _listed(before.covered) for n in _listed(before.statements)} if before else {}
    new_state = {n: n in _listed(after.covered) for n in _listed(after.statements)} if after else {}
    to_base = {h: b for b, h in to_head.items()}
    found: dict[Unit, str] = {}
    for n, now in new_state.items():
        if n not in to_base:
            name = "GNC" if now else "UNC"
        elif to_base[n] not in old_state:
            name = "GIC" if now else "UIC"
        else:
            name = {(1, 1): "CBC", (0, 0): "UBC", (0, 1): "GBC", (1, 0): "LBC"}[old_state[to_base[n]], now]
        found["line", "head", n] = name
    for n, was in old_state.items():
        if n not in to_head:
            found["line", "base", n] = "DCB" if was else "DUB"
        elif to_head[n] not in new_state:
            found["line", "base", n] = "ECB" if was else "EUB"
    return found


def _exits(before: FileCoverage | None, after: FileCoverage | None, to_head: dict[int, int]) -> dict[Unit, str]:
    old = {e: e in before.taken for e in before.exits} if before else {}
    new = {e: e in after.taken for e in after.exits} if after else {}

    def image(target: int) -> int | None:
        if target == 0:
            return 0
        mapped = to_head.get(abs(target))
        return None if mapped is None else (mapped if target > 0 else -mapped)

    partner: dict[tuple[int, int], tuple[int, int]] = {}
    for exact in (True, False):  # exits of the module may fall back on -1 once the exact ones have their partner
        for source, target in old:
            if (source, target) in partner or source not in to_head or not (exact or target == -1):
                continue
            wanted = (to_head[source], image(target) if exact else -1)
            if wanted in new and wanted not in partner.values():
                partner[source, target] = (wanted[0], wanted[1] or 0)
    found: dict[Unit, str] = {}
    survivors = set(to_head.values())
    for (source, target), was in old.items():
        if (source, target) in partner:
            now = new[partner[source, target]]
            name = {(1, 1): "CBC", (0, 0): "UBC", (0, 1): "GBC", (1, 0): "LBC"}[was, now]
            found["exit", "head", *partner[source, target]] = name
        else:
            stays = source in to_head and (target in (0, -1) or abs(target) in to_head)
            found["exit", "base", source, target] = ("E" if stays else "D") + ("CB" if was else "UB")
    for (source, target), now in new.items():
        if (source, target) not in partner.values():
            known = source in survivors and (target in (0, -1) or abs(target) in survivors)
            found["exit", "head", source, target] = ("G" if now else "U") + ("IC" if known else "NC")
    return found


def _counted(before: FileCoverage | None, after: FileCoverage | None, to_head: dict[int, int]) -> dict[Unit, str]:
    def states(entry: CountedExits | None) -> list[bool]:
        return [position < entry.covered for position in range(entry.total)] if entry else []

    old = before.by_number if before else {}
    new = after.by_number if after else {}
    found: dict[Unit, str] = {}
    for line, entry in old.items():
        was, now = states(entry), states(new.pop(to_head[line], None) if line in to_head else None)
        names: list[str] = []
        if line not in to_head:
            names = ["DCB" if state else "DUB" for state in was]
        else:
            for same in (True, False):
                for state in list(was):
                    wanted = state if same else not state
                    if wanted in now:
                        was.remove(state)
                        now.remove(wanted)
                        pair = (state, wanted)
                        names.append({(1, 1): "CBC", (0, 0): "UBC", (0, 1): "GBC", (1, 0): "LBC"}[pair[0], pair[1]])
            names += ["ECB" if state else "EUB" for state in was] + ["GIC" if state else "UIC" for state in now]
        found.update({("counted", "base", line, position): name for position, name in enumerate(names)})
    survivors = set(to_head.values())
    for line, entry in new.items():
        kind = "IC" if line in survivors else "NC"
        for position, state in enumerate(states(entry)):
            found["counted", "head", line, position] = ("G" if state else "U") + kind
    return found
