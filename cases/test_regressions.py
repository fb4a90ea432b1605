"""What the fuzzers once found, asked again: the laws of the harness watch every answer."""

from ov2.regressions import each_regression, replay


@each_regression()
def test_what_was_found_once_breaks_no_law(case, trace):
    assert len(replay(case, trace)) == len(trace)
