"""The frozen cases are what WhisperX itself found: benchmarks/freeze_whisperx.py."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.alignment.whisperx import Interpolation, align_like_whisperx
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Character, Word

FROZEN = Path(__file__).parents[3] / "data" / "whisperx"
DOCUMENT = json.loads((FROZEN / "cases.json").read_text(encoding="utf-8"))
CASES = DOCUMENT["cases"]
EMISSIONS = dict(np.load(FROZEN / "emissions.npz"))
FAILED = [case for case in CASES if not case["words"]]
ALIGNED = [case for case in CASES if case["words"]]


def alphabet(labels: list[str]) -> Alphabet:
    """As an emission model of ours describes these labels: special ones write nothing."""
    blank = next((n for n, each in enumerate(labels) if each.lower() in ("<pad>", "[pad]")), 0)
    separator = labels.index("|") if "|" in labels else None
    return Alphabet(tuple(each if len(each) == 1 else "" for each in labels), blank, separator)


def ours(case: dict[str, Any], **changes: Any) -> list[Word]:
    case = {**case, **changes}
    return align_like_whisperx(
        Emissions(EMISSIONS[case["emissions"]].astype(np.float32)),
        alphabet(DOCUMENT["alphabets"][case["alphabet"]]),
        case["text"],
        TimeSpan(case["start"], case["end"]),
        case["language"],
        interpolate=case["interpolate"],
        characters=True,
    )


def as_whisperx_writes(name: str, found: Word | Character) -> dict[str, Any]:
    """A word or a character with the keys that WhisperX gives it; what is not known is absent."""
    times = {"start": found.span.start, "end": found.span.end} if found.span else {}
    score = {} if found.score is None else {"score": found.score}
    return {name: found.text, **times, **score}


def named(case: dict[str, Any]) -> str:
    return f"{case['emissions']}, {case['interpolate']}: {case['text'][:24]}"


@pytest.mark.parametrize("case", ALIGNED, ids=named)
def test_words_are_those_of_whisperx(case: dict[str, Any]):
    assert [as_whisperx_writes("word", word) for word in ours(case)] == case["words"]


@pytest.mark.parametrize("case", ALIGNED, ids=named)
def test_so_are_their_characters(case: dict[str, Any]):
    found = [
        as_whisperx_writes("char", each)
        for word in ours(case)
        for each in word.characters
        if not each.text.isspace()
    ]
    assert found == [each for each in case["characters"] if not each["char"].isspace()]


@pytest.mark.parametrize("case", FAILED, ids=named)
def test_where_whisperx_gives_up_every_word_is_left_without_times(case: dict[str, Any]):
    words = ours(case)
    assert [word.text for word in words] == case["text"].split()
    assert all(as_whisperx_writes("word", word).keys() == {"word"} for word in words)
    assert not any(word.estimated for word in words)


@pytest.mark.parametrize("interpolate", ["nearest", "linear"])
def test_times_that_nobody_measured_are_marked(interpolate: Interpolation):
    cases = [case for case in ALIGNED if case["interpolate"] == "ignore"]
    for case in cases:
        measured = ours(case)
        filled = ours(case, interpolate=interpolate)
        assert [word.estimated for word in filled] == [word.span is None for word in measured]
        assert all(word.span for word in filled)
        assert not any(word.estimated for word in measured)
    assert any(word.span is None for case in cases for word in ours(case))


def test_words_hold_no_characters_unless_asked():
    heard = Emissions(EMISSIONS["short"].astype(np.float32))
    words = align_like_whisperx(heard, Alphabet(("-", "|", "a", "b", "c"), 0, 1), "ab c", WHOLE)
    assert [(word.text, word.characters) for word in words] == [("ab", ()), ("c", ())]


WHOLE = TimeSpan(0.0, 2.0)
TEXTS = st.text(st.sampled_from("abcAB |-.,ßİ1\u00a0\n\u3042"), max_size=30)


@given(TEXTS, st.integers(0, 40), st.sampled_from(["en", "ja"]), st.booleans())
def test_no_text_is_lost_and_time_runs_forward(
    text: str, frames: int, language: str, separated: bool
):
    logits = np.random.default_rng(frames).normal(0, 3, (frames, 5))
    heard = Emissions((logits - np.logaddexp.reduce(logits, axis=1)[:, None]).astype(np.float32))
    letters = Alphabet(("", "|" if separated else "x", "a", "b", "c"), 0, 1 if separated else None)
    words = align_like_whisperx(heard, letters, text, WHOLE, language, characters=True)
    assert "".join("".join(word.text for word in words).split()) == "".join(text.split())
    assert all(word.text == "".join(each.text for each in word.characters) for word in words)
    spans = [word.span for word in words if word.span]
    assert len(spans) in (0, len(words))
    assert all(one.start <= other.start and one.end <= other.end for one, other in pairwise(spans))
    assert all(WHOLE.overlap(span) == span.duration for span in spans)


@pytest.mark.parametrize("spelled", ["", " ", "|"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_does_not_matter_how_a_model_spells_its_separator(spelled: str, language: str):
    heard = Emissions(EMISSIONS["short"].astype(np.float32))
    plain, other = (Alphabet(("", each, "a", "b", "c"), 0, 1) for each in ("|", spelled))
    words = align_like_whisperx(heard, other, "ab c|a", WHOLE, language, characters=True)
    assert words == align_like_whisperx(heard, plain, "ab c|a", WHOLE, language, characters=True)
    assert all(word.span for word in words)


def test_a_label_that_writes_nothing_stands_for_no_character():
    heard = np.full((6, 3), -9.0, np.float32)
    heard[[0, 1, 2, 3, 4, 5], [0, 1, 0, 2, 0, 0]] = 0.0
    words = align_like_whisperx(Emissions(heard), Alphabet(("", "a", "")), "a-", WHOLE)
    assert [(word.text, word.span, word.score) for word in words] == [
        ("a-", TimeSpan(0.333, 1.333), 1.0)
    ]
