import pytest

from asrcore.domain.annotation import Annotation
from asrcore.domain.scoring.bootstrap import Difference
from asrcore.domain.scoring.evaluation import Evaluation, Scored, compare, shared
from asrcore.domain.scoring.measures import Deviations, Rate


def scored(name, **measures):
    return Scored(name, Annotation(()), Annotation(()), measures)


def test_names_come_in_order_of_first_appearance():
    found = Evaluation((scored("a", wer=Rate(1, 2)), scored("b", der=Rate(0, 1), wer=Rate(0, 1))))
    assert found.names == ("wer", "der")
    assert Evaluation().names == ()


def test_totals_pool_the_recordings_that_have_a_measure():
    found = Evaluation(
        (
            scored("a", wer=Rate(1, 2), word_start=Deviations([0.1])),
            scored("b", wer=Rate(1, 8)),
        ),
        failed={"c": "broken"},
    )
    assert found.totals == {"wer": Rate(2, 10), "word_start": Deviations([0.1])}
    assert Evaluation().totals == {}


def test_comparing_takes_what_both_have():
    first = Evaluation(
        (
            scored("a", wer=Rate(2, 4), cer=Rate(1, 9), der=Rate(1, 1)),
            scored("only here", wer=Rate(9, 9)),
            scored("b", wer=Rate(1, 4)),
        )
    )
    second = Evaluation((scored("b", wer=Rate(0, 4)), scored("a", wer=Rate(1, 4), cer=Rate(1, 9))))
    assert compare(first, second) == {
        "wer": Difference(-0.25, -0.25, -0.25, 2),
        "cer": Difference(0.0, 0.0, 0.0, 1),
    }


def test_totals_of_what_is_shared_are_of_the_same_recordings():
    first = Evaluation(
        tuple(scored(name, wer=Rate(n, 100)) for name, n in {"a": 10, "b": 10, "c": 90}.items())
    )
    second = Evaluation(
        (scored("b", wer=Rate(12, 100)), scored("a", wer=Rate(12, 100), der=Rate(1, 1))),
        failed={"c": "broken"},
    )
    one, two = shared(first, second)
    assert (one.totals, two.totals) == ({"wer": Rate(20, 200)}, {"wer": Rate(24, 200)})
    assert [each.name for each in one.scored] == [each.name for each in two.scored] == ["a", "b"]
    assert two.failed == {"c": "broken"}
    assert compare(first, second)["wer"].value == pytest.approx(0.02)


def test_recordings_pair_by_name_not_by_place():
    first = Evaluation((scored("a", wer=Rate(0, 4)), scored("b", wer=Rate(4, 4))))
    second = Evaluation((scored("b", wer=Rate(4, 4)), scored("a", wer=Rate(0, 4))))
    assert compare(first, second) == {"wer": Difference(0.0, 0.0, 0.0, 2)}


def test_strangers_cannot_be_compared():
    one, other = (Evaluation((scored(name, wer=Rate(1, 2)),)) for name in "ab")
    assert compare(one, other) == {}
