import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from asrcore.domain.audio import Audio, Waveform
from asrcore.domain.recording import Recording, Source
from asrcore.domain.timespan import TimeSpan

SILENCE = np.zeros(160, np.float32)


class OsPath:
    def __fspath__(self) -> str:
        return "talks/monday.mp3"


@pytest.mark.parametrize("source", ["talks/monday.mp3", Path("talks/monday.mp3"), OsPath()])
def test_a_path_of_any_kind_is_named_as_given(source: Source) -> None:
    recording = Recording.of(source)
    assert recording.source == Path("talks/monday.mp3")
    assert recording.name == os.fspath(source)
    assert recording.stem == "monday"


def test_a_dash_is_standard_input_but_a_path_of_that_name_is_a_file() -> None:
    recording = Recording.of("-")
    assert (recording.source, recording.name, recording.stem) == (
        "-",
        "standard input",
        "standard-input",
    )
    assert Recording.of(Path("-")).source == Path("-")


def test_a_bare_array_is_a_waveform_at_16_khz() -> None:
    recording = Recording.of(SILENCE)
    assert isinstance(recording.source, Waveform)
    assert recording.source.samples is SILENCE
    assert recording.source.sample_rate == 16_000
    assert (recording.name, recording.stem) == ("array", "array")


@pytest.mark.parametrize("sound", [Waveform(SILENCE, 8_000), Audio(SILENCE)])
def test_sound_in_memory_stays_what_it_is(sound: Waveform | Audio) -> None:
    recording = Recording.of(sound)
    assert recording.source is sound
    assert recording.name == "array"


def test_an_open_file_is_named_by_its_path_but_its_outputs_only_by_its_stem(tmp_path: Path) -> None:
    path = tmp_path / "my talk.wav"
    path.touch()
    with path.open("rb") as file:
        recording = Recording.of(file)
    assert recording.source is file
    assert recording.name == str(path)
    assert recording.stem == "my-talk"


class OpenedByPath(io.BytesIO):
    name = Path("talks/monday.mp3")


def test_a_file_object_may_know_its_name_as_a_path() -> None:
    assert Recording.of(OpenedByPath()).name == str(Path("talks/monday.mp3"))


class NumberedFile(io.BytesIO):
    name = 3  # as a file that was opened by its descriptor


@pytest.mark.parametrize("kind", [io.BytesIO, tempfile.SpooledTemporaryFile, NumberedFile])
def test_a_file_object_without_a_name_is_called_just_that(kind: type) -> None:
    with kind() as file:
        recording = Recording.of(file)
    assert (recording.name, recording.stem) == ("file object", "file-object")


@pytest.mark.parametrize("speech", [[TimeSpan(0, 1), TimeSpan(3, 4)], (), None])
@pytest.mark.parametrize(
    "source", ["a.wav", "-", SILENCE, Audio(SILENCE), io.BytesIO()], ids=lambda s: type(s).__name__
)
def test_known_speech_is_kept_and_none_of_it_differs_from_not_known(
    source: Source, speech: list | tuple | None
) -> None:
    kept = Recording.of(source, speech).speech
    assert kept == (None if speech is None else tuple(speech))


def test_recordings_can_be_told_apart_and_counted_even_if_they_hold_arrays() -> None:
    one, other = Recording.of(SILENCE), Recording.of(SILENCE)
    assert len({one, other, one}) == 2


@pytest.mark.parametrize("nothing", [None, 3, b"RIFF"])
def test_what_has_no_sound_is_refused(nothing):
    with pytest.raises(TypeError, match="a recording is"):
        Recording.of(nothing)


def test_a_stem_is_a_file_name_everywhere():
    class Pipe:
        name = "<stdin>"

        def read(self):
            return b""

    assert Recording.of(Pipe()).stem == "stdin"


def test_spans_may_be_given_as_pairs():
    recording = Recording.of("a.wav", speech=[(0.5, 1.0), TimeSpan(2.0, 3.0)])
    assert recording.speech == (TimeSpan(0.5, 1.0), TimeSpan(2.0, 3.0))


@pytest.mark.parametrize("speech", ["x", [(1.0,)], [3.0]])
def test_what_is_no_span_is_refused(speech):
    with pytest.raises(TypeError, match="a span of speech"):
        Recording.of("a.wav", speech=speech)
