import pytest

from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.transcript import Transcript
from asrcore.errors import AudioDecodeError

TALK = Recording.of("talk.wav")


def test_unwrap_gives_the_transcript_even_if_it_is_empty() -> None:
    transcript = Transcript()
    assert Outcome(TALK, transcript).unwrap() is transcript


def test_unwrap_raises_the_very_error_that_happened() -> None:
    error = AudioDecodeError("talk.wav: no sound")
    with pytest.raises(AudioDecodeError) as caught:
        Outcome(TALK, error=error).unwrap()
    assert caught.value is error


def test_unwrap_of_neither_is_a_mistake_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="without transcript or error"):
        Outcome(TALK).unwrap()
