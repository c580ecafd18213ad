from __future__ import annotations

from dataclasses import replace

from covgov.model.snapshot import CountedExits, by_exits
from covgov.publish.reports import jacoco_xml
from covgov_testing.builders.coverage import cov, snap


def test_a_folder_is_a_package_with_counters_at_every_level() -> None:
    coverage = replace(cov("+-.", exits=[(1, 2), (1, 3)], taken=[(1, 2)]), counted=by_exits({3: CountedExits(1, 2)}))
    text = jacoco_xml.write(snap({"src/p/A.java": coverage, "src/p/B.java": "+", "Top.java": ""})).decode()
    assert text.partition('"report.dtd">\n')[2].splitlines() == [
        '<report name="covgov">',
        '  <package name="">',
        '    <sourcefile name="Top.java">',
        "    </sourcefile>",
        "  </package>",
        '  <package name="src/p">',
        '    <sourcefile name="A.java">',
        '      <line nr="1" mi="0" ci="1" mb="1" cb="1"/>',
        '      <line nr="2" mi="1" ci="0" mb="0" cb="0"/>',
        '      <counter type="BRANCH" missed="1" covered="1"/>',
        '      <counter type="LINE" missed="1" covered="1"/>',
        "    </sourcefile>",
        '    <sourcefile name="B.java">',
        '      <line nr="1" mi="0" ci="1" mb="0" cb="0"/>',
        '      <counter type="LINE" missed="0" covered="1"/>',
        "    </sourcefile>",
        '    <counter type="BRANCH" missed="1" covered="1"/>',
        '    <counter type="LINE" missed="1" covered="2"/>',
        "  </package>",
        '  <counter type="BRANCH" missed="1" covered="1"/>',
        '  <counter type="LINE" missed="1" covered="2"/>',
        "</report>",
    ]
