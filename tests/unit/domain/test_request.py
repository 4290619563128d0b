import numpy as np
import pytest

from asrcore.domain.request import AlignRequest, ChunkRequest, ChunkResult, Instructions

SILENCE = np.zeros(160, np.float32)


def test_what_is_not_asked_for_is_left_to_the_engine() -> None:
    assert Instructions() == Instructions(
        language=None, task="transcribe", prompt=None, hotwords=None, timestamps=True
    )


def test_an_answer_may_be_that_nothing_was_heard() -> None:
    assert ChunkResult() == ChunkResult((), None, None)


def test_requests_compare_by_identity_since_arrays_have_no_truth() -> None:
    chunk, align = ChunkRequest(SILENCE), AlignRequest(SILENCE, ("hello",))
    assert chunk != ChunkRequest(SILENCE)
    assert align != AlignRequest(SILENCE, ("hello",))
    assert len({chunk, align, chunk}) == 2
    assert chunk.instructions == Instructions()


def test_text_to_be_placed_has_no_language_and_wants_no_characters_unless_it_is_said() -> None:
    request = AlignRequest(SILENCE, ("hello",))
    assert (request.language, request.characters) == (None, False)


@pytest.mark.parametrize("samples", [SILENCE.astype(np.float64), SILENCE.reshape(2, 80)])
def test_sound_that_engines_do_not_take_is_refused_for_alignment(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="audio is mono float32"):
        AlignRequest(samples, ("hello",))
