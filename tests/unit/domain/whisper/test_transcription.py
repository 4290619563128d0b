import numpy as np

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import ChunkRequest, ChunkResult, Instructions
from asrcore.domain.whisper.judging import Thresholds, compression_ratio
from asrcore.domain.whisper.transcription import Transcription
from asrcore.testing import ScriptedWhisper

BEGIN = ScriptedWhisper.timestamp_begin
GOOD, BAD = -0.3, -3.0


def at(seconds):
    return BEGIN + round(seconds / 0.02)


def chunk(key, seconds=20.0, **instructions):
    samples = np.full(round(seconds * SAMPLE_RATE), key, np.float32)
    return ChunkRequest(samples, Instructions(**instructions))


def hear(whisper, *batch, temperatures=(0.0,)):
    return Transcription(whisper, temperatures, Thresholds()).transcribe(batch)


def test_each_chunk_gets_its_own_answer_and_its_measures():
    answers = {0.1: {0.0: ([1, 2], GOOD, 0.1)}, 0.2: {0.0: ([at(1), 3, at(2)], -0.2, 0.0)}}
    whisper = ScriptedWhisper([answers])
    first, second = hear(whisper, chunk(0.1), chunk(0.2))
    (segment,) = first.segments
    assert (segment.text, segment.span.end) == ("word1 word2", 20.0)
    assert (segment.avg_logprob, segment.no_speech_prob) == (GOOD, 0.1)
    assert segment.temperature == 0.0
    assert segment.compression_ratio == compression_ratio("word1 word2")
    (segment,) = second.segments
    assert (segment.span.start, segment.span.end, segment.language) == (1.0, 2.0, "en")


def test_chunks_without_samples_are_not_heard():
    whisper = ScriptedWhisper([{0.1: {0.0: ([1], GOOD, 0.0)}}])
    nothing, something = hear(whisper, chunk(0.0, seconds=0), chunk(0.1))
    assert nothing == ChunkResult()
    assert something.segments
    assert hear(whisper, chunk(0.0, seconds=0)) == [ChunkResult()]
    assert len(whisper.heard) == 1


def test_only_what_failed_is_drawn_at_the_next_temperature_with_its_own_prompt():
    answers = {
        0.1: {0.0: ([1], GOOD, 0.0)},
        0.2: {0.0: ([1], BAD, 0.0), 0.4: ([2], GOOD, 0.0)},
    }
    whisper = ScriptedWhisper([answers])
    _, second = hear(whisper, chunk(0.1), chunk(0.2, prompt="abc"), temperatures=(0.0, 0.4))
    assert whisper.asked == [((0, 1), 0.0), ((1,), 0.4)]
    assert whisper.prompts == [[2, 0], [2, 3], [2, 3]]
    assert (second.segments[0].text, second.segments[0].temperature) == ("word2", 0.4)


def test_silence_gives_no_text_and_is_not_resumed():
    whisper = ScriptedWhisper([{0.1: {0.0: ([at(0), 1, at(5), at(5)], BAD, 0.9)}}])
    (result,) = hear(whisper, chunk(0.1))
    assert result == ChunkResult((), "en")


def test_languages_are_detected_where_none_is_given_alone():
    answers = {key: {0.0: ([1], GOOD, 0.0)} for key in (0.1, 0.2, 0.3)}
    whisper = ScriptedWhisper([answers], languages={"fr": 0.8, "en": 0.2})
    found = hear(whisper, chunk(0.1), chunk(0.2, language="yue"), chunk(0.3))
    assert whisper.detected == [(0, 2)]
    assert [(each.language, each.language_probability) for each in found] == [
        ("fr", 0.8),
        ("yue", None),
        ("fr", 0.8),
    ]
    assert whisper.prompts == [[2, 0], [3, 0], [2, 0]]
    assert found[0].segments[0].language == "fr"


def test_nothing_is_detected_where_every_language_is_given():
    whisper = ScriptedWhisper([{0.1: {0.0: ([1], GOOD, 0.0)}}], languages={"fr": 1.0})
    hear(whisper, chunk(0.1, language="de"))
    assert whisper.detected == []


def test_what_was_left_off_is_heard_in_another_round_in_the_same_language():
    unfinished = [at(0), 1, at(12), at(12)]
    answers = [
        {0.1: {0.0: ([at(0), 5, at(20)], GOOD, 0.0)}, 0.2: {0.0: (unfinished, GOOD, 0.0)}},
        {0.2: {0.0: ([at(1), 2, at(4)], GOOD, 0.0)}},
    ]
    whisper = ScriptedWhisper(answers, languages={"fr": 1.0})
    whole, rest = hear(whisper, chunk(0.1), chunk(0.2, seconds=16.0))
    assert [len(each.segments) for each in (whole, rest)] == [1, 2]
    assert [(each.text, each.span.start, each.span.end) for each in rest.segments] == [
        ("word1", 0.0, 12.0),
        ("word2", 13.0, 16.0),
    ]
    assert [len(samples) for samples in whisper.heard[1]] == [4 * SAMPLE_RATE]
    assert whisper.detected == [(0, 1)], "the rest is in the language of its beginning"
    assert rest.language_probability == 1.0


def test_capabilities_are_those_of_the_vocabulary():
    english = Transcription(ScriptedWhisper([]), (0.0,), Thresholds()).capabilities(["en", "fr"])
    assert (english.languages, english.tasks) == ({"en"}, {"transcribe"})
    assert not english.detects_language
    many = ScriptedWhisper([], languages={"fr": 1.0})
    able = Transcription(many, (0.0,), Thresholds()).capabilities(["en", "fr"])
    assert (able.languages, able.tasks) == ({"en", "fr"}, {"transcribe", "translate"})
    assert able.detects_language
    assert able.prompt
    assert able.hotwords
    assert able.segment_times
    assert able.max_chunk == 30.0
