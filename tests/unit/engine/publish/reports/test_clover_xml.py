from __future__ import annotations

from covgov.publish.reports import clover_xml
from covgov_testing.builders.coverage import cov, snap


def test_conditions_have_a_hit_count_and_the_numbers_of_taken_and_other_exits() -> None:
    coverage = cov("+-", exits=[(1, 2), (1, 3), (1, 4)], taken=[(1, 2)])
    text = clover_xml.write(snap({"src/a.php": coverage, "b.php": "+"})).decode()
    figures = (
        'statements="2" coveredstatements="1" conditionals="3" coveredconditionals="1" methods="0" coveredmethods="0"'
        ' elements="5" coveredelements="2"'
    )
    assert f'    <file name="a.php" path="src/a.php">\n      <metrics {figures}/>\n' in text
    assert '      <line num="1" count="1" type="cond" truecount="1" falsecount="2"/>\n' in text
    assert '      <line num="2" count="0" type="stmt"/>\n    </file>\n' in text
    assert '<metrics statements="3" coveredstatements="2" conditionals="3"' in text
    assert 'files="2"/>' in text
