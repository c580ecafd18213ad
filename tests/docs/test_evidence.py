"""The documents show what the commands print: two weeks of a small shop are played, and all is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from covgov.policy.delivery import Occasion
from covgov_testing import workflow_files
from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import documents, own, pictures, tables, weekly
from covgov_testing.evidence.cycles import Told
from covgov_testing.evidence.stage import SECRET, timeless

PLAN = Path("tests/docs/test_framework_upgrades/phase_r5_plan.md")
DOCUMENTS = [*documents.WITH_BLOCKS, documents.MEMO, documents.WEEKLY]


@dataclass(frozen=True, slots=True)
class Played:
    root: Path
    told: Told
    blocks: Mapping[str, str]
    texts: Mapping[Path, str]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    root = tmp_path_factory.mktemp("weeks")
    told, blocks = documents.evidence(root)
    return Played(root, told, blocks, documents.all_of(told, blocks))


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_every_document_shows_what_the_commands_print(played: Played, path: Path) -> None:
    there = (CHECKOUT / path).read_text(encoding="utf-8")
    if path == documents.WEEKLY and weekly.is_real(there):
        assert path not in played.texts
    else:
        assert there == played.texts[path], "run `make evidence`"


def test_the_first_real_account_takes_the_place_of_the_rehearsed_weeks(played: Played) -> None:
    assert all(weekly.is_real(digest) for digest in played.told.digests)
    assert not weekly.is_real(weekly.page(played.told))


@pytest.mark.parametrize("seconds", ["0.4", "12.5", "123.0"])
def test_how_long_the_tests_took_changes_nothing(seconds: str) -> None:
    cell = f"8 passed in {seconds} s"
    rows = [("scope", "tests", "change"), ("cart", cell, "-6.00 pp"), ("project", "-", "-")]
    table = "".join(f"{one:<7}  {two:<{len(cell)}}  {three}\n" for one, two, three in rows)
    assert timeless(f"{table}patch: none\n") == (
        "scope    tests               change\n"
        "cart     8 passed in (time)  -6.00 pp\n"
        "project  -                   -\n"
        "patch: none\n"
    )


def test_every_block_is_shown_somewhere(played: Played) -> None:
    shown = {name for path in documents.WITH_BLOCKS for name in documents.shown(played.texts[path])}
    template = (CHECKOUT / "docs" / "portfolio" / "coverage_memo.md.jinja").read_text(encoding="utf-8")
    shown |= set(re.findall(r'blocks\["([\w-]+)"\]', template))
    assert shown == set(played.blocks)


def test_a_block_that_was_changed_by_hand_is_put_right(played: Played) -> None:
    path = documents.WITH_BLOCKS[0]
    changed = played.texts[path].replace("95/100 = 95.00 %", "99/100 = 99.00 %")
    assert changed != played.texts[path]
    assert documents.renewed(changed, played.blocks) == played.texts[path]


def test_a_block_that_nobody_makes_is_refused(played: Played) -> None:
    with pytest.raises(KeyError, match="unheard-of"):
        documents.renewed("<!-- evidence:unheard-of:begin -->\n<!-- evidence:unheard-of:end -->\n", played.blocks)


def test_the_pictures_show_the_evidence(played: Played) -> None:
    pages = pictures.pages(played.told)
    taken = {path.name: path.read_bytes() for path in (CHECKOUT / pictures.FOLDER).glob("*.png")}
    assert set(taken) == set(pages)
    for name, page in pages.items():
        assert pictures.source(taken[name]) == pictures.digest(page), f"{name}: run `make evidence`"
        assert len(taken[name]) < 200_000
        assert f"images/{name}" in played.texts[documents.MEMO] + (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_memo_shows_this_repositorys_own_figures_and_alert(played: Played) -> None:
    memo, shown = played.texts[documents.MEMO], own.recorded()
    assert shown.table in memo
    assert shown.mail.text.strip() in memo
    rows = re.findall(r"^\| `(\w+)` \| pass \| ([\d.]+) % \| (\d+)/(\d+) = [\d.]+ % ", shown.table, re.MULTILINE)
    bars = {bar.component: bar.min for bar in tables.policy().bars if bar.component and bar.min and not bar.attribute}
    assert {name: Decimal(bar) for name, bar, _, _ in rows if name != "project"} == bars
    assert all(int(covered) * 100 >= Decimal(bar) * int(total) > 0 for _, bar, covered, total in rows)
    assert shown.mail.subject.startswith("covgov FAIL covgov/covgov main: ")
    (lost,) = [name for name, one in tables.policy().components.items() if one.suite == own.MISSING.split("/")[2]]
    assert f"dropped: component {lost}" in shown.mail.text
    assert (CHECKOUT / own.MISSING).is_file()


def test_a_picture_of_another_page_is_noticed(played: Played) -> None:
    for name, page in pictures.pages(played.told).items():
        taken = (CHECKOUT / pictures.FOLDER / name).read_bytes()
        other = pictures.labelled(taken, page + "<!-- other -->")
        assert pictures.source(other) != pictures.source(taken)


def test_the_drop_was_told_with_its_cause_and_to_nobody_twice(played: Played) -> None:
    told = played.told
    drop = "covgov FAIL acme/shop main: dropped: cart, project"
    assert sorted(one for one in told.alerts if drop in one) == [f"mail: {drop}", f"webhook: {drop}"]
    assert "-6.00 pp = -6.00 tests no longer reach 6 lines" in told.mail.text
    assert "89/100 = 89.00 %" in told.mail.text
    assert "owner @shop-team" in told.mail.text
    assert " covgov: fail" in told.summary


def test_each_week_was_accounted_for_and_sent_by_the_machine(played: Played) -> None:
    machine = [event for event in played.told.events if event.who == "machine"]
    assert [f"{event.at:%a %H:%M}" for event in machine] == ["Mon 05:17", "Mon 05:17"]
    assert [event.told for event in machine] == [
        ("webhook: Coverage digest 2026-W46: acme/shop",),
        ("webhook: Coverage digest 2026-W47: acme/shop",),
    ]
    assert [digest.splitlines()[0] for digest in played.told.digests] == [
        "# Coverage digest 2026-W46",
        "# Coverage digest 2026-W47",
    ]


def test_the_weeks_have_a_failing_component_a_waiver_and_a_drop(played: Played) -> None:
    codes = [event.code for event in played.told.events if event.code is not None]
    assert codes == [0, 10, 0, 10, 0]
    assert "**Runs: 3** (1 fail, 2 pass)" in played.told.digests[0]
    assert "**Runs: 2** (1 fail, 1 pass)" in played.told.digests[1]
    assert "waived by `EX-001`" in played.told.summary
    assert "| EX-001 | component:ledger | combined | 79.61 | 84/103 = 81.55 % | 80 | resolved |" in played.told.register


@pytest.mark.reliability
def test_a_replaced_address_lost_no_alert(played: Played) -> None:
    assert "(HTTP 403), kept in the spool" in played.told.rotation
    assert played.told.rotation.count("sent: accepted") == 1
    assert played.told.rotation.endswith("# nothing is left")


def test_the_fallback_needs_no_service(played: Played) -> None:
    """What the left column of docs/metrics/README.md names is there after a run without any service."""
    text = played.texts[Path("docs/metrics/README.md")]
    rows = text[text.index("| question |") :].split("\n\n", 1)[0].splitlines()[2:]
    named = {name for row in rows for name in re.findall(r"`coverage/([\w.-]+)`", row.split("|")[2])}
    assert named == {"verdict.json", "summary.md", "SUITE-html.zip"}
    assert {name.replace("SUITE", "shop") for name in named} <= set(played.told.files)
    assert all(row.split("|")[2].strip() for row in rows)


def test_the_words_about_the_cart_read_its_row_of_the_summary() -> None:
    text = (CHECKOUT / "docs" / "metrics" / "README.md").read_text(encoding="utf-8")
    header, cart = re.findall(r"^\| (component|`cart`) \| (.*) \|$", text, re.MULTILINE)
    row = dict(zip(header[1].split(" | "), cart[1].split(" | "), strict=True))
    words = r"cart in the table above: (.*?) of its units are .*? tagged `security` reach (.*?) of"
    told = re.search(words, text, re.DOTALL)
    assert told is not None
    assert f"= {told[1]} (combined)" in row["now"]
    assert told[2] == row["security"]


def test_every_filter_of_branches_is_shown_beside_its_event() -> None:
    text = (CHECKOUT / documents.WITH_BLOCKS[1]).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+) \| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    shown = {(name, event): when for name, event, when in rows}
    filters = {
        (name, event): how["branches"]
        for name in workflow_files.WORKFLOWS
        for event, how in workflow_files.load(name).on.items()
        if isinstance(how, dict) and "branches" in how
    }
    assert ("tests.yml", "pull_request") in filters
    for place, branches in filters.items():
        assert shown[place] == f"branch {', '.join(branches)}"


@pytest.mark.security
@pytest.mark.parametrize("path", [*DOCUMENTS, "pictures"], ids=str)
def test_no_secret_and_no_path_of_a_machine_is_shown(played: Played, path: Path | str) -> None:
    if isinstance(path, str):
        text = "".join(pictures.pages(played.told).values())
    else:
        text = (CHECKOUT / path).read_text(encoding="utf-8") + played.texts.get(path, "")
    for planted in (SECRET, str(played.root), str(CHECKOUT), str(Path.home()), "127.0.0.1"):
        assert planted not in text
    assert re.findall(r"/(?:tmp|home|root|Users)/", text) == []


def test_the_diagram_names_every_occasion_and_whom_the_policy_tells() -> None:
    text = (CHECKOUT / documents.MEMO).read_text(encoding="utf-8")
    drawn = set(re.findall(r"^    (on_\w+) --> (\w+)\[", text, re.MULTILINE))
    targets = tables.policy().notify.targets
    assert drawn == {(name.value, target[2:-1]) for name, listed in targets.items() for target in listed}
    assert {name for name, _ in drawn} == {occasion.value for occasion in Occasion}


def test_the_readme_says_where_the_digest_is_written_and_to_whom_it_goes() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## The weekly digest\n")[2].split("\n## ")[0]
    assert documents.WEEKLY.as_posix() in section
    wanted = {target[2:-1] for target in tables.policy().notify.targets[Occasion.DIGEST]}
    assert set(re.findall(r"\(`(\w+)`\)", section)) == wanted
    assert [tables.DESTINATIONS[name] for name in wanted if tables.DESTINATIONS[name] not in section] == []


@pytest.mark.parametrize("path", [*DOCUMENTS, PLAN], ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = (CHECKOUT / path).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not (CHECKOUT / path.parent / link).exists()] == []


def test_somebody_acts_on_every_alert() -> None:
    text = (CHECKOUT / documents.WITH_BLOCKS[1]).read_text(encoding="utf-8")
    acted = set(re.findall(r"^\| `(on_\w+)` \| [^|]+ \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE))
    assert acted == {occasion.value for occasion in Occasion}
