"""Word times against the truth: known text, the small wav2vec2, voices that it never heard."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from asrcore import Engine
from asrcore.bootstrap.calibration import known_speech
from asrcore.domain.request import AlignRequest
from asrcore.plugin import Placement
from asrcore.testing import AlignerContract
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.over_torch.model import Wav2Vec2EmissionModel

pytestmark = pytest.mark.integration

FAR = 0.150


@dataclass(frozen=True)
class Deviation:
    """Aligned minus true times of a word, and what kind of word it is."""

    word: str
    start: float
    end: float
    classes: tuple[str, ...]


def model(folder):
    return Wav2Vec2EmissionModel(Wav2Vec2Options(model=str(folder)), Placement())


@pytest.fixture(scope="module")
def aligner(nano_wav2vec2):
    aligner = CtcAligner(model(nano_wav2vec2), CtcOptions(), known_speech)
    yield aligner
    aligner.close()


@pytest.fixture(scope="module")
def engine(nano_wav2vec2):
    settings = {
        "transcriber": {"language": "en"},
        "aligner": {
            "backend": "wav2vec2",
            "fallback": False,
            "options": {"model": str(nano_wav2vec2)},
        },
        "sentences": {"backend": "none"},
    }
    with Engine(settings) as engine:
        yield engine


class TestWav2Vec2Aligner(AlignerContract):
    """`Wav2Vec2EmissionModel` as the core makes an aligner of it."""

    @pytest.fixture
    def aligner(self, aligner):
        return aligner

    @pytest.fixture
    def spoken(self, seen):
        return seen[0].samples, seen[0].text


def test_words_of_voices_never_heard_are_timed(aligner, clips, seen, capsys):
    unknown = clips[len(seen) :]
    requests = [AlignRequest(clip.samples, (clip.text,), "en") for clip in unknown]
    found = [
        deviation
        for clip, (words,) in zip(unknown, aligner.align(requests), strict=True)
        for deviation in deviations(clip.truth["segments"], words)
    ]
    show("single sentences", found, capsys)
    assert len(found) > 400
    for moment in ("start", "end"):
        distances = np.array([abs(getattr(each, moment)) for each in found])
        assert np.median(distances) <= 0.015
        assert np.percentile(distances, 90) <= 0.040
        assert distances.max() <= FAR


def test_the_lag_is_estimated_on_other_voices(nano_wav2vec2, aligner, clips, seen, capsys):
    """This model names sounds a frame early; what is left of that is next to nothing."""
    unknown = clips[len(seen) : len(seen) + 20]
    requests = [AlignRequest(clip.samples, (clip.text,), "en") for clip in unknown]
    off = CtcAligner(model(nano_wav2vec2), CtcOptions(lag=0.0), known_speech)
    bias = {}
    for name, each in (("off", off), ("estimated", aligner)):
        bias[name] = np.median(
            [
                deviation.start
                for clip, (words,) in zip(unknown, each.align(requests), strict=True)
                for deviation in deviations(clip.truth["segments"], words)
            ]
        )
    with capsys.disabled():
        print(f"\nlag {aligner.lag('en'):+.3f} s; bias of word starts: {bias}")
    assert abs(bias["off"]) > 0.012
    assert abs(bias["estimated"]) < 0.006


@pytest.mark.parametrize("name", ["two-apart", "three-in-a-hall"])
def test_a_meeting_is_aligned_from_its_text_alone(engine, meeting, name, capsys):
    """Minutes of speech, no times in the text; words that sound alone are where they are."""
    truth_path = meeting.path.with_name(f"{name}.json")
    (told,) = engine.read(truth_path).values()
    transcript = engine.align(meeting.path.with_name(told.audio), told, keep_times=False)
    segments = [
        {"words": [{"word": w.text, "start": w.span.start, "end": w.span.end} for w in u.words]}
        for u in told.utterances
    ]
    found = list(deviations(segments, transcript.words))
    show(name, found, capsys)
    assert transcript.warnings == ()
    assert {segment.speaker for segment in transcript.segments} == {
        utterance.speaker for utterance in told.utterances
    }
    starts = np.array([abs(each.start) for each in found])
    ends = np.array([abs(each.end) for each in found])
    assert np.median(starts) <= 0.015
    assert np.percentile(starts, 90) <= 0.030
    assert np.median(ends) <= 0.015
    assert np.percentile(ends, 90) <= 0.060
    assert np.mean(starts > FAR) == 0.0
    assert np.mean(ends > FAR) <= 0.005


def test_untranscribed_speech_moves_nothing(engine, meeting):
    """A third of the sentences are not in the text: the others stay where they are."""
    (told,) = engine.read(meeting.path.with_suffix(".json")).values()
    kept = [each for index, each in enumerate(told.utterances) if index % 9 >= 3]
    text = "\n".join(each.text for each in kept)
    transcript = engine.align(meeting.path, text)
    segments = [
        {"words": [{"word": w.text, "start": w.span.start, "end": w.span.end} for w in u.words]}
        for u in kept
    ]
    found = list(deviations(segments, transcript.words))
    far = [each for each in found if max(abs(each.start), abs(each.end)) > FAR]
    assert len(far) <= 0.02 * len(found), far


def deviations(segments, words) -> Iterator[Deviation]:
    """True words beside aligned ones, which are the same in the same order."""
    true = [word for segment in segments for word in segment["words"]]
    lasts = {id(segment["words"][-1]) for segment in segments}
    assert [word["word"] for word in true] == [word.text for word in words]
    following = [*(word["start"] for word in true[1:]), np.inf]
    for word, found, then in zip(true, words, following, strict=True):
        text = word["word"]
        kinds = {
            "before a pause": then - word["end"] > 0.1,
            "with digits": any(c.isdigit() for c in text),
            "with punctuation": not text.isalnum(),
            "last word": id(word) in lasts,
        }
        classes = tuple(kind for kind, holds in kinds.items() if holds)
        start, end = found.span.start - word["start"], found.span.end - word["end"]
        yield Deviation(text, start, end, ("all", *classes))


def show(title, found, capsys):
    """The distribution by class, in milliseconds."""
    with capsys.disabled():
        print(f"\n{title:17} words | start: median  p90  max | end: median  p90  max")
        for kind in ("all", "before a pause", "with digits", "with punctuation", "last word"):
            some = [each for each in found if kind in each.classes]
            if some:
                starts, ends = (
                    "{:7.0f} {:4.0f} {:4.0f}".format(*figures([getattr(each, m) for each in some]))
                    for m in ("start", "end")
                )
                print(f"{kind:17} {len(some):5} |     {starts}   |   {ends}")


def figures(seconds):
    distances = 1000 * np.abs(seconds)
    return np.median(distances), np.percentile(distances, 90), distances.max()
