from __future__ import annotations

from covgov.publish.reports import sonar_generic
from covgov_testing.builders.coverage import cov, snap


def test_a_file_is_its_lines_with_their_branches() -> None:
    coverage = cov("+-", exits=[(1, 2), (1, 3)], taken=[(1, 2)])
    assert sonar_generic.write(snap({"src/a.ts": coverage, "src/b.ts": ""})).decode().splitlines() == [
        '<coverage version="1">',
        '  <file path="src/a.ts">',
        '    <lineToCover lineNumber="1" covered="true" branchesToCover="2" coveredBranches="1"/>',
        '    <lineToCover lineNumber="2" covered="false"/>',
        "  </file>",
        '  <file path="src/b.ts">',
        "  </file>",
        "</coverage>",
    ]
