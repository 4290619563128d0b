"""The committed truth sets are what docs/truth.md says of them."""

from collections import Counter
from pathlib import Path

import pytest

from tools.synthetic import truth
from tools.synthetic.sets import MURMURS, SETS
from tools.synthetic.voices import voice

FOLDER = Path(__file__).parents[2] / "data" / "synthetic"


@pytest.fixture(scope="module")
def committed():
    return {
        name: [truth.read(path) for path in sorted((FOLDER / name).glob("*.json"))] for name in SETS
    }


def test_each_set_is_whole(committed):
    counts = {name: len(told) for name, told in committed.items()}
    assert counts == {"short": 60, "seen": 30, "meetings": 6, "hard": 13}
    assert all((FOLDER / name / one.audio).is_file() for name in SETS for one in committed[name])
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 25e6


def test_only_seen_is_spoken_by_voices_of_the_training(committed):
    for name, told in committed.items():
        spoken = {each for one in told for each in one.voices.values()}
        assert all(voice(each).training == (name == "seen") for each in spoken)


def test_no_sentence_occurs_twice(committed):
    said = [
        segment.text for told in committed.values() for one in told
        for segment in one.transcript.segments
    ]  # fmt: skip
    counts = Counter(text for text in said if text not in MURMURS)
    assert [text for text, count in counts.items() if count > 1] == []


def test_meetings_are_long_enough_and_overlap_as_told(committed):
    for one in committed["meetings"]:
        assert 120 <= one.transcript.duration <= 180
        assert one.overlap <= 0.025
    assert sorted(len(one.voices) for one in committed["meetings"]) == [2, 2, 3, 3, 4, 4]
    (interrupted,) = [one for one in committed["hard"] if one.audio == "interruptions.opus"]
    assert 0.06 <= interrupted.overlap <= 0.1
