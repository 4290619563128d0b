"""The metrics agree with the libraries called directly, and keep their contract."""

import importlib.util
import json
import random
import re
import sys
from pathlib import Path
from pkgutil import resolve_name

import jiwer
import pytest
from pyannote.core import Annotation as Labels
from pyannote.core import Segment
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.scoring.measures import pool
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import MissingEngineError
from asrcore.plugin import Placement
from asrcore.testing import MetricContract, PluginContract
from asrcore_adapters.metrics import (
    SPEAKER_WORDS,
    SPEAKERS,
    TIMES,
    WORDS,
)

pytestmark = [
    pytest.mark.integration,
    # Directly, pyannote scores from the first turn to the last one, too, and says so.
    pytest.mark.filterwarnings("ignore:'uem' was approximated"),
]

PLUGINS = {"WORDS": WORDS, "TIMES": TIMES, "SPEAKERS": SPEAKERS, "SPEAKER_WORDS": SPEAKER_WORDS}
ENGINES = {"WORDS": "jiwer", "SPEAKERS": "pyannote.metrics", "SPEAKER_WORDS": "scipy.optimize"}
FROZEN = Path(__file__).parents[1] / "data" / "cpwer.json"
VOCABULARY = [
    *("We", "should've", "gone,", "don't", "you", "think?", "Twenty", "five", "o'clock", "it's"),
    *("colour", "grey", "$3", "million", "3:30", "1,000.5", "well-known", "uh", "mm", "Mr"),
    *("Brown", "[laughs]", "naïve", "ÉTÉ", "fine."),
]
SEEDS = range(20)


def exactly(value):
    """To twelve digits."""
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def metric(plugin, **options):
    return plugin.build(plugin.options(**options), Placement())


# Contracts


@pytest.fixture(params=PLUGINS)
def name(request):
    return request.param


class TestPlugins(PluginContract):
    @pytest.fixture
    def plugin(self, name):
        return PLUGINS[name]

    @pytest.fixture
    def reference(self, name):
        return f"asrcore_adapters.metrics:{name}"


class TestWordErrors(MetricContract):
    @pytest.fixture(params=["whisper-english", "whisper-basic", "none"])
    def metric(self, request):
        return metric(WORDS, normalizer=request.param)


class TestWordTimes(MetricContract):
    @pytest.fixture(params=["whisper-english", "none"])
    def metric(self, request):
        return metric(TIMES, normalizer=request.param)


class TestSpeakerErrors(MetricContract):
    @pytest.fixture(params=[{}, {"collar": 0.5}, {"skip_overlap": True}], ids=str)
    def metric(self, request):
        return metric(SPEAKERS, **request.param)


class TestSpeakerWordErrors(MetricContract):
    @pytest.fixture
    def metric(self):
        return metric(SPEAKER_WORDS)


@pytest.mark.parametrize(("name", "engine"), ENGINES.items())
def test_without_its_engine_it_says_how_to_get_it(monkeypatch, name, engine):
    plugin = PLUGINS[name]
    monkeypatch.setitem(sys.modules, engine, None)
    monkeypatch.delitem(sys.modules, plugin.target.partition(":")[0], raising=False)
    with pytest.raises(MissingEngineError, match=re.escape(engine)) as caught:
        metric(plugin)
    assert caught.value.hint == "run: pip install 'asrcore[eval]'"


# Agreement on random cases


class Case:
    """A random conversation, what was heard of it, and both as words, times and speakers.

    A word is (text, start, end, speaker); a turn is (start, end, speaker).
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.speakers = self.random.randint(1, 4)
        self.share = self.random.uniform(0.02, 0.6)
        self.truth = [self.turn(start) for start in self.starts()]
        self.heard = [heard for turn in self.truth if (heard := self.misheard(turn))]

    def starts(self):
        start = 0.0
        for _ in range(self.random.randint(2, 12)):
            yield start
            start += self.random.uniform(0.3, 4.0)

    def turn(self, start):
        speaker = f"speaker {self.random.randrange(self.speakers)}"
        words = []
        for _ in range(self.random.randint(1, 9)):
            end = start + self.random.uniform(0.05, 0.6)
            words.append((self.random.choice(VOCABULARY), start, end, speaker))
            start = end + self.random.choice([0.0, 0.0, 0.2])
        return words

    def misheard(self, words):
        voice = f"voice {self.random.randrange(self.speakers + 1)}"
        usual = words[0][3].replace("speaker", "voice")
        speaker = voice if self.random.random() < self.share else usual
        return [
            (text, max(0.0, start + late), max(0.0, start + late) + (end - start), speaker)
            for text, start, end, _ in words
            for text in self.instead(text)
            for late in [self.random.gauss(0.0, self.share / 2)]
        ]

    def instead(self, text):
        if self.random.random() >= self.share:
            return [text]
        other = self.random.choice(VOCABULARY)
        return self.random.choice([[], [other], [text, other]])


def annotation(turns):
    return Annotation(tuple(utterance(words) for words in turns if words))


def utterance(words):
    told = tuple(Word(text, TimeSpan(start, end), None, who) for text, start, end, who in words)
    span = TimeSpan(min(word[1] for word in words), max(word[2] for word in words))
    return Utterance(" ".join(word[0] for word in words), span, words[0][3], told)


def text(turns):
    return " ".join(word[0] for words in turns for word in words)


def labels(turns):
    found = Labels()
    for track, words in enumerate(turns):
        start, end = min(word[1] for word in words), max(word[2] for word in words)
        found[Segment(start, end), track] = words[0][3]
    return found


@pytest.fixture(scope="module")
def cases():
    return [Case(seed) for seed in SEEDS]


def measured(cases, plugin, **options):
    """What a metric finds in every case."""
    found = metric(plugin, **options)
    return [found.measure(annotation(each.truth), annotation(each.heard)) for each in cases]


@pytest.mark.parametrize(
    ("normalizer", "normalize"),
    [
        ("whisper-english", "whisper_normalizer.english:EnglishTextNormalizer"),
        ("whisper-basic", "whisper_normalizer.basic:BasicTextNormalizer"),
        ("none", "builtins:str"),
    ],
)
def test_words_agree_with_jiwer(cases, normalizer, normalize):
    found = measured(cases, WORDS, normalizer=normalizer)
    kind = resolve_name(normalize)
    normalize = kind if kind is str else kind()
    truth = [normalize(text(case.truth)) for case in cases]
    heard = [normalize(text(case.heard)) for case in cases]
    for name, direct in {"wer": jiwer.wer, "cer": jiwer.cer}.items():
        each = [measures[name].value for measures in found]
        assert each == exactly([direct(*pair) for pair in zip(truth, heard, strict=True)])
        assert pool([measures[name] for measures in found]).value == exactly(direct(truth, heard))
        assert len(set(each)) > 10, "the cases are too much alike"


def test_kinds_of_errors_agree_with_jiwer(cases):
    found = pool([measures["wer"] for measures in measured(cases, WORDS, normalizer="none")])
    direct = jiwer.process_words(
        [text(case.truth) for case in cases], [text(case.heard) for case in cases]
    )
    assert found.parts == {kind: getattr(direct, kind) for kind in found.parts}
    assert found.parts.keys() == {"insertions", "deletions", "substitutions", "hits"}


@pytest.mark.parametrize(
    "options",
    [{}, {"collar": 0.5}, {"skip_overlap": True}, {"collar": 0.25, "skip_overlap": True}],
    ids=str,
)
def test_speakers_agree_with_pyannote(cases, options):
    found = measured(cases, SPEAKERS, **options)
    kinds = {"der": DiarizationErrorRate, "jer": JaccardErrorRate}
    for name, kind in kinds.items():
        direct = kind(**options)
        each = [direct(labels(case.truth), labels(case.heard)) for case in cases]
        assert [measures[name].value for measures in found] == exactly(each)
        assert pool([measures[name] for measures in found]).value == exactly(abs(direct))
        assert len(set(each)) > 10, "the cases are too much alike"


def test_kinds_of_speaker_errors_agree_with_pyannote(cases):
    direct = DiarizationErrorRate()
    for case in cases:
        direct(labels(case.truth), labels(case.heard))
    found = pool([measures["der"] for measures in measured(cases, SPEAKERS)])
    assert found.total == exactly(direct["total"])
    assert found.parts == {
        "confusion": exactly(direct["confusion"]),
        "false_alarm": exactly(direct["false alarm"]),
        "missed": exactly(direct["missed detection"]),
    }


def pairs(truth, heard):
    """By jiwer, indices of words that stand for each other."""
    chunks = jiwer.process_words(" ".join(truth), " ".join(heard)).alignments[0]
    return [
        (chunk.ref_start_idx + step, chunk.hyp_start_idx + step)
        for chunk in chunks
        if chunk.type == "equal"
        for step in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]


def best_alignments(truth, heard):
    """How many alignments there are with the fewest edits."""
    row = [(column, 1) for column in range(len(heard) + 1)]
    for word in truth:
        above, row = row, [(row[0][0] + 1, 1)]
        for column, other in enumerate(heard):
            ways = [
                (above[column][0] + (word != other), above[column][1]),
                (above[column + 1][0] + 1, above[column + 1][1]),
                (row[column][0] + 1, row[column][1]),
            ]
            fewest = min(edits for edits, _ in ways)
            row.append((fewest, sum(count for edits, count in ways if edits == fewest)))
    return row[-1][1]


def in_time(turns):
    return sorted((word for words in turns for word in words), key=lambda word: word[1])


def test_times_agree_with_an_alignment_by_jiwer():
    """Where no other alignment needs as few edits.

    Without a normalizer each written word is one, so that jiwer's indices are ours.
    """
    cases = [Case(seed) for seed in range(5 * len(SEEDS))]
    unique = 0
    for case, measures in zip(cases, measured(cases, TIMES, normalizer="none"), strict=True):
        truth, heard = in_time(case.truth), in_time(case.heard)
        texts = [word[0] for word in truth], [word[0] for word in heard]
        if best_alignments(*texts) > 1:
            continue
        unique += 1
        found = pairs(*texts)
        for name, side in {"word_start": 1, "word_end": 2}.items():
            late = [heard[b][side] - truth[a][side] for a, b in found]
            assert measures[name].seconds == pytest.approx(late, rel=0, abs=1e-9)
            assert measures[name].unmatched == len(truth) - len(found)
    assert unique > 10, "the cases have too many ties"


# Agreement with MeetEval, frozen by benchmarks/freeze_meeteval.py


def frozen():
    return json.loads(FROZEN.read_text(encoding="utf-8"))["cases"]


def conversation(said):
    return Annotation(
        tuple(
            Utterance(each["text"], TimeSpan(each["start"], each["end"]), each["speaker"])
            for each in said
        )
    )


@pytest.mark.parametrize("normalizer", ["none", "whisper-english"])
def test_speaker_words_agree_with_meeteval(normalizer):
    """Its words are already as the normalizer leaves them."""
    cases = frozen()
    assert len(cases) == 20
    cpwer = metric(SPEAKER_WORDS, normalizer=normalizer)
    for case in cases:
        found = cpwer.measure(conversation(case["reference"]), conversation(case["hypothesis"]))
        measured = found["cpwer"]
        assert measured.value == exactly(case["found"]["rate"])
        assert (measured.errors, measured.total) == (
            case["found"]["errors"],
            case["found"]["total"],
        )


@pytest.mark.skipif(not importlib.util.find_spec("meeteval"), reason="needs a C++ compiler")
def test_and_meeteval_still_says_so():
    import meeteval

    for case in frozen():
        sides = [
            meeteval.io.SegLST(
                [
                    {
                        "speaker": each["speaker"],
                        "start_time": each["start"],
                        "end_time": each["end"],
                        "words": each["text"],
                    }
                    for each in case[side]
                ]
            )
            for side in ("reference", "hypothesis")
        ]
        assert meeteval.wer.cp_word_error_rate(*sides).error_rate == exactly(case["found"]["rate"])
