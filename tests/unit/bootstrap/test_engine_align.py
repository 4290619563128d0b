"""`Engine.align`, and what alignment makes of `Engine.transcribe`; parts passed in."""

import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from asrcore import Annotation, Utterance, api
from asrcore.api import Engine
from asrcore.bootstrap.planner import PASSED_IN
from asrcore.domain.capabilities import AlignerCapabilities, TranscriberCapabilities
from asrcore.domain.diarization import Diarization, SpeakerTurn
from asrcore.domain.events import RecordingFinished, TextAligned
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.errors import ConfigError, EngineError, InputError, ModelError, UnsupportedError
from asrcore.plugin import Plugin
from asrcore.testing import (
    FakeAligner,
    FakeAudioSource,
    FakeDiarizer,
    FakeEmissionModel,
    FakeSentenceSplitter,
    FakeTranscriber,
    FakeVoiceActivityDetector,
    RecordedProgress,
    spelled,
    tone,
)
from asrcore.usecases.ctc_aligner import CtcAligner

INEXACT = TranscriberCapabilities(tasks=frozenset({"transcribe", "translate"}))
WORDS = (Word("big", TimeSpan(0.4, 0.7)), Word("world", TimeSpan(1.0, 1.4)))
SOUND = spelled(WORDS, 2.0)
LONG = spelled(WORDS, 29.0)
"""So long that somebody has to listen where the text has no times."""
TEXT = "big world"


class Attentive(FakeTranscriber):
    """Detects languages, and aligns by attention."""

    def __init__(self, error: Exception | None = None) -> None:
        detects = TranscriberCapabilities(detects_language=True)
        super().__init__(TEXT, language="sv", capabilities=detects)
        self.attention = FakeAligner(error)


def gone() -> None:
    raise ModelError("no network")


class Backends:
    """What the registry of a test publishes and what was built of it, in order.

    Attributes:
        goods: what is built in place of a backend, by its name, or raised.
        built: name and object.
    """

    def __init__(self) -> None:
        self.goods = {
            "whisper": Attentive,
            "ctc": FakeEmissionModel,
            "sphinx": FakeAligner,
            "silero": FakeVoiceActivityDetector,
            "pyav": FakeAudioSource,
            "sentencex": FakeSentenceSplitter,
            "talker": lambda: FakeDiarizer(Diarization((SpeakerTurn(TimeSpan(0.0, 9.0), "ann"),))),
        }
        self.built: list[tuple[str, object]] = []

    def builder(self, name: str) -> Callable:
        def build(options: object, placement: object) -> object:
            made = self.goods[name]()
            self.built.append((name, made))
            return made

        return build

    def names(self) -> set[str]:
        return {name for name, _ in self.built}

    def of(self, name: str) -> object:
        (found,) = (each for known, each in self.built if known == name)
        return found


@pytest.fixture
def backends(monkeypatch: pytest.MonkeyPatch, registry_of: Callable) -> Backends:
    found = Backends()
    module = ModuleType("align_backends")
    published = {
        "transcriber": {"whisper": {"rank": 1, "attention": True}},
        "aligner": {"ctc": {"rank": 3}, "attention": {"rank": 2}, "sphinx": {"rank": 1}},
        "voice_activity": {"silero": {}},
        "audio_source": {"pyav": {}},
        "sentence_splitter": {"sentencex": {}},
        "diarizer": {"talker": {}},
    }
    for plugins in published.values():
        for name, facts in plugins.items():
            setattr(module, f"build_{name}", found.builder(name))
            setattr(module, name, Plugin(name, f"align_backends:build_{name}", **facts))
    monkeypatch.setitem(sys.modules, "align_backends", module)
    entries = {
        stage: {name: f"align_backends:{name}" for name in plugins}
        for stage, plugins in published.items()
    }
    monkeypatch.setattr(api, "Registry", lambda: registry_of(entries))
    return found


class TestBuilding:
    def test_what_aligns_is_built_once_for_texts_and_recordings(self, backends: Backends) -> None:
        with Engine({"aligner": {"lag": 0.0}}) as engine:
            for _ in range(2):
                engine.align(SOUND, TEXT, language="en")
                engine.transcribe(SOUND, language="en")
        names = [name for name, _ in backends.built]
        assert sorted(names) == ["ctc", "pyav", "sentencex", "silero", "whisper"]

    def test_closing_closes_what_was_built_once_and_attention_with_its_transcriber(
        self, backends: Backends
    ) -> None:
        backends.goods["ctc"] = lambda: FakeEmissionModel(error=EngineError("fell"))
        backends.goods["whisper"] = lambda: Attentive(EngineError("fell, too"))
        engine = Engine()
        engine.transcribe(SOUND, language="en")
        engine.close()
        engine.close()
        closed = {name: backends.of(name).closed for name in ("ctc", "sphinx", "whisper")}
        assert closed == {"ctc": 1, "sphinx": 1, "whisper": 1}
        assert backends.of("whisper").attention.closed == 0

    def test_what_never_had_to_step_in_is_not_built_to_be_closed(self, backends: Backends) -> None:
        with Engine() as engine:
            engine.prepare()
        assert "ctc" in backends.names()
        assert "sphinx" not in backends.names()

    def test_a_transcriber_is_not_asked_for_where_nobody_needs_it(self, backends: Backends) -> None:
        settings = {"aligner": {"backend": "ctc", "fallback": False}}
        with Engine(settings) as engine:
            engine.align(SOUND, TEXT, language="en")
        assert backends.names() == {"ctc", "pyav", "sentencex"}

    def test_one_that_cannot_be_had_does_not_matter_where_it_need_not_step_in(
        self, backends: Backends
    ) -> None:
        backends.goods["sphinx"] = gone
        transcript = Engine().align(SOUND, TEXT, language="en")
        assert transcript.warnings == ()

    def test_one_that_cannot_be_had_is_passed_over(self, backends: Backends) -> None:
        backends.goods["ctc"] = lambda: FakeEmissionModel(error=EngineError("fell"))
        backends.goods["whisper"] = gone
        transcript = Engine().align(SOUND, TEXT, language="en")
        assert transcript.warnings == ("word times are by sphinx; ctc: fell",)

    def test_one_that_cannot_be_had_is_told_where_nobody_can_align(
        self, backends: Backends
    ) -> None:
        backends.goods["ctc"] = lambda: FakeEmissionModel(error=EngineError("fell"))
        backends.goods["whisper"] = backends.goods["sphinx"] = gone
        why = "missing: ctc: fell; attention: no network; sphinx: no network"
        with pytest.raises(EngineError, match=why):
            Engine().align(SOUND, TEXT, language="en")

    def test_what_steps_in_is_told(self, backends: Backends) -> None:
        backends.goods["ctc"] = lambda: FakeEmissionModel(error=EngineError("fell"))
        transcript = Engine().transcribe(SOUND, language="en")
        assert transcript.warnings == ("word times are by attention; ctc: fell",)
        assert len(backends.of("whisper").attention.batches) == 1

    def test_settings_that_the_first_ignores_are_refused(self, backends: Backends) -> None:
        engine = Engine({"aligner": {"backend": "sphinx", "method": "whisperx"}})
        with pytest.raises(UnsupportedError, match=r"aligner\.method: sphinx has no use for it"):
            engine.align(SOUND, TEXT, language="en")

    def test_characters_that_the_first_has_not_are_refused(self, backends: Backends) -> None:
        engine = Engine({"aligner": {"backend": "sphinx", "characters": True}})
        for use in (engine.transcribe, lambda sound: engine.align(sound, TEXT, language="en")):
            with pytest.raises(UnsupportedError, match=r"aligner\.characters: sphinx tells"):
                use(SOUND)

    def test_characters_are_told_where_they_are_set(self, backends: Backends) -> None:
        engine = Engine({"aligner": {"characters": True}})
        for transcript in (
            engine.align(SOUND, TEXT, language="en"),
            engine.transcribe(SOUND, language="en"),
        ):
            assert [len(word.characters) for word in transcript.words] == [3, 5]


class TestLanguage:
    TOLD = Annotation((Utterance(TEXT),), language="de")

    @pytest.mark.parametrize(
        ("call", "setting", "text", "found"),
        [
            ("fr", "it", TOLD, "fr"),
            (None, "it", TOLD, "it"),
            (None, "auto", TOLD, "de"),
            ("auto", "it", TOLD, "de"),
            (None, "auto", TEXT, "sv"),
            ("auto", "it", TEXT, "sv"),
        ],
    )
    def test_is_the_calls_then_the_settings_then_the_texts_then_detected(
        self, backends: Backends, call: str | None, setting: str, text: object, found: str
    ) -> None:
        engine = Engine({"transcriber": {"language": setting}})
        assert engine.align(SOUND, text, language=call).language == found


class TestTimesOfTheText:
    TIMED = Annotation((Utterance("big", TimeSpan(0.2, 0.9)), Utterance("world", TimeSpan(1, 2))))

    @pytest.mark.parametrize(
        ("seconds", "keep", "asked"), [(29.0, True, 1), (29.0, False, 2), (28.0, False, 1)]
    )
    def test_are_kept_or_found_anew_by_listening_where_the_recording_is_long(
        self, backends: Backends, seconds: float, keep: bool, asked: int
    ) -> None:
        engine = Engine({"aligner": {"lag": 0.0}})
        sound = spelled(WORDS, seconds)
        transcript = engine.align(sound, self.TIMED, language="en", keep_times=keep)
        assert [word.span.start for word in transcript.words] == pytest.approx([0.4, 1.0])
        assert len(backends.of("ctc").asked) == asked

    def test_are_found_by_the_transcriber_where_nobody_listens(self, backends: Backends) -> None:
        """It is not told what is meant for transcripts: translation, speakers, characters."""
        settings = {
            "transcriber": {"task": "translate"},
            "diarizer": {"backend": "talker", "min_speakers": 2},
            "aligner": {"characters": True},
        }
        mine = FakeAligner(capabilities=AlignerCapabilities(characters=True))
        transcriber = FakeTranscriber(TEXT, capabilities=INEXACT)
        engine = Engine(settings, aligner=mine, transcriber=transcriber)
        assert engine.align(LONG, TEXT, language="en").words[0].characters
        ((request,),) = transcriber.batches
        assert (request.instructions.language, request.instructions.task) == ("en", "transcribe")
        assert "talker" not in backends.names()

    def test_are_looked_for_in_one_piece_where_nobody_can_listen(self, backends: Backends) -> None:
        backends.goods["whisper"] = gone
        mine = FakeAligner()
        transcript = Engine(aligner=mine).align(LONG, TEXT, language="en")
        ((request,),) = mine.batches
        assert len(request.samples) == len(LONG)
        assert transcript.warnings == (
            "nobody could listen, so the text is looked for in one piece: no network",
        )


class TestKindsOfText:
    def test_a_transcript_is_a_text_with_times_speakers_and_a_language(
        self, backends: Backends
    ) -> None:
        said = (
            Segment(TimeSpan(0.2, 0.9), "big", speaker="ann"),
            Segment(TimeSpan(1.0, 2.0), "world", speaker="bo"),
        )
        engine = Engine({"aligner": {"lag": 0.0}})
        transcript = engine.align(LONG, Transcript(said, "de"))
        assert transcript.language == "de"
        assert [(word.text, word.speaker) for word in transcript.words] == [
            ("big", "ann"),
            ("world", "bo"),
        ]
        assert backends.of("ctc").asked == [("de", [pytest.approx(2.5)])]

    @pytest.mark.parametrize(
        ("text", "kind"), [(None, "NoneType"), (b"big", "bytes"), ([TEXT], "list")]
    )
    def test_others_are_refused_before_anything_is_built(
        self, backends: Backends, text: object, kind: str
    ) -> None:
        with pytest.raises(InputError) as caught:
            Engine().align(SOUND, text, language="en")
        assert caught.value.message == f"a text is a str, a Transcript or an Annotation, not {kind}"
        assert "Engine.read" in caught.value.hint
        assert backends.built == []


class TestPartsPassedIn:
    def test_an_aligner_is_alone_and_left_open(self, backends: Backends) -> None:
        mine = FakeAligner(ModelError("gone"))
        with Engine(aligner=mine) as engine:
            assert engine.plan.aligner is PASSED_IN
            transcript = engine.transcribe(SOUND, language="en")
            with pytest.raises(EngineError, match="array: word times are missing: passed in: gone"):
                engine.align(SOUND, TEXT, language="en")
        assert transcript.warnings == ("word times are missing: passed in: gone",)
        assert backends.names().isdisjoint({"ctc", "sphinx"})
        assert mine.closed == 0

    def test_an_aligner_made_of_a_model_listens(self, backends: Backends) -> None:
        engine = Engine(aligner=CtcAligner(FakeEmissionModel()))
        words = engine.align(LONG, TEXT, language="en").words
        assert [word.span.start for word in words] == pytest.approx([0.4, 1.0])
        assert "whisper" not in backends.names()

    def test_a_transcribers_attention_is_used(self, backends: Backends) -> None:
        mine = Attentive()
        with Engine({"aligner": {"backend": "attention"}}, transcriber=mine) as engine:
            words = engine.transcribe(SOUND, language="en").words
        assert [word.score for word in words] == [1.0, 1.0]
        assert len(mine.attention.batches) == 1
        assert (mine.closed, mine.attention.closed) == (0, 0)
        assert "whisper" not in backends.names()

    def test_a_transcriber_without_attention_is_refused_to_align_by_it(
        self, backends: Backends
    ) -> None:
        settings = {"aligner": {"backend": "attention"}}
        engine = Engine(settings, transcriber=FakeTranscriber(capabilities=INEXACT))
        with pytest.raises(ConfigError, match="passed in cannot align by attention"):
            engine.prepare()

    def test_a_transcriber_with_word_times_needs_no_aligner_but_texts_do(
        self, backends: Backends
    ) -> None:
        engine = Engine(transcriber=FakeTranscriber())
        engine.transcribe(SOUND)
        assert "ctc" not in backends.names()
        engine.align(SOUND, TEXT, language="en")
        assert "ctc" in backends.names()

    def test_a_sentence_splitter_cuts_transcripts_and_texts(self, backends: Backends) -> None:
        mine = FakeSentenceSplitter()
        engine = Engine(
            {"sentences": {"backend": "none"}}, aligner=FakeAligner(), sentence_splitter=mine
        )
        assert engine.plan.sentence_splitter is PASSED_IN
        transcript = engine.align(tone(2.0), "One. Two.", language="en")
        assert [segment.text for segment in transcript.segments] == ["One.", "Two."]
        engine.transcribe(tone(2.0), language="en")
        assert mine.asked == [("One. Two.", "en"), (TEXT, "en")]
        assert "sentencex" not in backends.names()


def test_events_of_an_alignment_are_told_and_not_those_of_hearing(backends: Backends) -> None:
    progress = RecordedProgress()
    engine = Engine(aligner=FakeAligner(), progress=progress)
    transcript = engine.align(SOUND, TEXT, language="en")
    told = [event for event in progress.events if isinstance(event, RecordingFinished)]
    assert [event.transcript for event in told] == [transcript]
    assert any(isinstance(event, TextAligned) for event in progress.events)


def test_nothing_can_be_aligned_where_aligners_are_switched_off(backends: Backends) -> None:
    with pytest.raises(ConfigError, match=r"aligner\.backend: there is none"):
        Engine({"aligner": {"backend": "none"}}).align(SOUND, TEXT, language="en")


@pytest.mark.parametrize("source", [123, np.zeros((100, 3), np.float32)])
def test_what_is_no_recording_is_refused(backends: Backends, source: object) -> None:
    with pytest.raises(InputError):
        Engine().align(source, TEXT, language="en")
