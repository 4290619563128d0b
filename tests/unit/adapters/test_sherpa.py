"""What the sherpa-onnx adapter decides before any engine is asked."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.diarization import Diarization, SpeakerCount, SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import ModelError
from asrcore.testing import PluginContract
from asrcore_adapters.sherpa import PLUGIN, SherpaOptions
from asrcore_adapters.sherpa.diarizer import missed_bound, turns_within
from asrcore_adapters.sherpa.hub import HubFile
from asrcore_adapters.sherpa.models import locate_model
from asrcore_adapters.sherpa.voices import ENOUGH, stretches_of, unit
from asrcore_adapters.sherpa.worker import padded_length

WINDOW = 10 * SAMPLE_RATE


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.sherpa:PLUGIN"


def turn(start, end, speaker):
    return SpeakerTurn(TimeSpan(start, end), speaker)


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0},
        {"threshold": 2},
        {"threads": -1},
        {"min_duration_on": -0.1},
        {"min_duration_off": -0.1},
        {"segmentation": ""},
        {"embedding": ""},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValidationError):
        SherpaOptions(**options)


def test_the_default_models_are_files_on_the_hub():
    options = SherpaOptions()
    assert HubFile.of(options.segmentation)
    assert HubFile.of(options.embedding)


def test_a_file_on_the_hub_is_written_with_a_colon():
    assert HubFile.of("org/name:file.onnx") == HubFile("org/name", "file.onnx")
    assert HubFile.of("o-r.g/na_me@v1:sub/file.onnx") == HubFile(
        "o-r.g/na_me", "sub/file.onnx", "v1"
    )


@pytest.mark.parametrize(
    "name",
    [
        "org/name",
        "org/name/file.onnx",
        "name:file.onnx",
        "org/name:file.bin",
        "org/name:../file.onnx",
        "org/name:/file.onnx",
        "org/name@:file.onnx",
        "C:\\models\\file.onnx",
        "C:/models/file.onnx",
    ],
)
def test_what_is_neither_a_file_nor_written_so_is_refused_by_its_setting(name):
    with pytest.raises(ModelError, match=r"diarizer\.options\.embedding") as caught:
        locate_model("embedding", SherpaOptions(embedding=name))
    assert name in caught.value.message
    assert "org/name:file.onnx" in caught.value.hint


def located(path):
    return locate_model("segmentation", SherpaOptions(segmentation=str(path)))


def test_a_local_file_is_itself(tmp_path):
    (tmp_path / "some.onnx").touch()
    assert located(tmp_path / "some.onnx") == tmp_path / "some.onnx"


def test_a_folder_stands_for_its_only_model_or_the_usual_one(tmp_path):
    (tmp_path / "README.md").touch()
    with pytest.raises(ModelError, match=r"no \.onnx file"):
        located(tmp_path)
    (tmp_path / "some.onnx").touch()
    assert located(tmp_path).name == "some.onnx"
    (tmp_path / "other.onnx").touch()
    with pytest.raises(ModelError, match=r"other\.onnx, some\.onnx"):
        located(tmp_path)
    (tmp_path / "model.onnx").touch()
    assert located(tmp_path).name == "model.onnx"


@given(st.integers(0, 50 * WINDOW))
def test_the_silence_behind_a_recording_makes_whole_windows_and_no_more(samples):
    room = padded_length(samples, WINDOW)
    assert room >= samples
    assert (room - WINDOW) % (WINDOW // 10) == 0
    assert room >= WINDOW + WINDOW // 10
    assert room == WINDOW + WINDOW // 10 or room - samples < WINDOW // 10


@pytest.mark.parametrize(
    ("count", "found", "bound"),
    [
        (SpeakerCount(2, 4), 1, 2),
        (SpeakerCount(2, 4), 2, None),
        (SpeakerCount(2, 4), 4, None),
        (SpeakerCount(2, 4), 5, 4),
        (SpeakerCount(None, 4), 1, None),
        (SpeakerCount(None, 4), 9, 4),
        (SpeakerCount(2, None), 9, None),
        (SpeakerCount(2, None), 1, 2),
        (SpeakerCount(2, None), 0, None),
    ],
)
def test_the_bound_that_is_missed(count, found, bound):
    assert missed_bound(count, found) == bound


def test_turns_end_with_the_recording():
    found = turns_within(5.0, [(0.03, 4.0, 0), (4.0, 5.7, 1), (5.0, 6.0, 2), (-0.01, 1.0, 1)])
    assert found == (turn(0.03, 4.0, "0"), turn(4.0, 5.0, "1"), turn(0.0, 1.0, "1"))


def seconds(stretches):
    return sum(end - start for start, end in stretches) / SAMPLE_RATE


def test_a_voice_is_told_by_the_longest_turns_without_others():
    found = Diarization((turn(0, 3, "a"), turn(2, 12, "b"), turn(13, 20, "a"), turn(21, 22, "b")))
    assert stretches_of("a", found) == [(13 * SAMPLE_RATE, 20 * SAMPLE_RATE), (0, 2 * SAMPLE_RATE)]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_no_more_sound_is_heard_than_a_voice_needs(lengths):
    ends = [sum(lengths[: i + 1]) + i for i in range(len(lengths))]
    turns = [turn(end - length, end, "a") for length, end in zip(lengths, ends, strict=True)]
    stretches = stretches_of("a", Diarization(tuple(turns)))
    assert seconds(stretches) == min(ENOUGH, sum(lengths))
    assert all(start < end for start, end in stretches)
    assert all(a[1] - a[0] >= b[1] - b[0] or b is stretches[-1] for a, b in pairwise(stretches))


def test_who_hardly_speaks_has_no_voice_unless_nobody_speaks_more():
    brief = turn(10, 10.5, "b")
    assert stretches_of("b", Diarization((turn(0, 9, "a"), brief))) == []
    assert seconds(stretches_of("b", Diarization((brief,)))) == 0.5


def test_a_main_speaker_whom_others_cover_is_heard_beneath_them():
    found = Diarization((turn(0, 9, "a"), turn(0, 9, "b")))
    assert found.main_speaker == "a"
    assert seconds(stretches_of("a", found)) == 9


def test_voices_are_of_length_one_or_none_at_all():
    assert unit([3.0, 4.0]) == pytest.approx((0.6, 0.8))
    assert unit([0.0, 0.0]) is None
    assert unit([math.nan, 1.0]) is None
    assert unit([math.inf, 1.0]) is None
    assert unit(None) is None
