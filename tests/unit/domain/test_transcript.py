from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Segment, Transcript, Word


def segment(text: str, *speakers: str | None, speaker: str | None = None) -> Segment:
    words = tuple(Word(f"{text}{index}", speaker=name) for index, name in enumerate(speakers))
    return Segment(TimeSpan(0, 1), text, words, speaker)


def test_an_empty_transcript_has_no_text_words_or_speakers() -> None:
    empty = Transcript()
    assert (empty.text, empty.words, empty.speakers) == ("", (), ())


def test_the_text_is_a_line_per_segment() -> None:
    assert Transcript((segment("Hello."), segment("Bye."))).text == "Hello.\nBye."


def test_the_words_of_all_segments_come_in_order() -> None:
    transcript = Transcript((segment("a", None, None), segment("-"), segment("b", None)))
    assert [word.text for word in transcript.words] == ["a0", "a1", "b0"]


def test_speakers_come_in_order_of_first_appearance_without_repetition() -> None:
    named = [segment("x", speaker=speaker) for speaker in ("B", None, "A", "B")]
    assert Transcript(tuple(named)).speakers == ("B", "A")


def test_a_speaker_who_says_most_of_no_segment_is_a_speaker_too() -> None:
    transcript = Transcript((segment("x", "A", None, "B", "B", speaker="B"),))
    assert transcript.speakers == ("A", "B")


def test_transcripts_do_not_share_their_timings() -> None:
    assert Transcript().timings is not Transcript().timings
