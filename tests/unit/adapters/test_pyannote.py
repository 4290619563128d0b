"""What the pyannote adapter decides without its engine."""

from itertools import pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from asrcore.domain.diarization import SpeakerTurn
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import ModelError
from asrcore.testing import PluginContract
from asrcore_adapters.pyannote import PLUGIN, PyannoteOptions
from asrcore_adapters.pyannote.progress import Progress
from asrcore_adapters.pyannote.recipe import read_recipe
from asrcore_adapters.pyannote.refusals import without_tokens
from asrcore_adapters.pyannote.turns import (
    Frames,
    activations,
    exclusive_turns,
    overlapping_turns,
    strongest,
)

FRAMES = Frames(first=0.5, step=1.0)


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.pyannote:PLUGIN"


def test_a_mac_is_never_planned_to_diarize_on_metal():
    support = PLUGIN.devices["mps"]
    assert not support.planned
    assert "#1337" in support.why
    assert PLUGIN.devices["cpu"].planned
    assert PLUGIN.devices["cuda"].planned


@pytest.mark.parametrize(
    "wrong",
    [
        {"modle": "x"},
        {"model": ""},
        {"segmentation_step": 0},
        {"segmentation_step": 1.5},
        {"embedding_batch_size": 0},
        {"segmentation_batch_size": 0},
        {"threshold": 2.5},
        {"threads": 0},
    ],
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        PyannoteOptions.model_validate(wrong)


def test_windows_add_up_where_they_overlap():
    scores = np.array([[[1, 0], [1, 1]], [[0, 1], [1, 0]]], np.float32)
    clusters = np.array([[0, 1], [1, -1]])
    total = activations(scores, clusters, starts=[0, 1], frames=3)
    assert total.tolist() == [[1, 0], [1, 1], [0, 1]]


def test_local_speakers_of_one_cluster_are_heard_once():
    scores = np.array([[[0.25, 0.5]]], np.float32)
    assert activations(scores, np.array([[0, 0]]), starts=[0], frames=1).tolist() == [[0.5]]


def test_a_window_beyond_the_last_frame_is_cut():
    scores = np.ones((1, 4, 1), np.float32)
    assert activations(scores, np.array([[0]]), starts=[1], frames=3).ravel().tolist() == [0, 1, 1]


def test_the_strongest_speak_and_equals_go_by_their_number():
    total = np.array([[1, 3, 2], [2, 2, 0], [0, 0, 1]], np.float32)
    chosen, alone = strongest(total, np.array([2, 1, 0]))
    assert chosen.astype(int).tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert alone.astype(int).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_whom_no_window_hears_does_not_speak():
    chosen, _ = strongest(np.array([[0, 5, 0]], np.float32), np.array([3]))
    assert chosen.tolist() == [[False, True, False]]


@given(
    arrays(np.float32, (6, 3), elements=st.integers(0, 3).map(float)),
    arrays(np.int64, 6, elements=st.integers(0, 4)),
)
def test_never_more_speak_than_were_counted(total, count):
    chosen, alone = strongest(total, count)
    assert (chosen.sum(axis=1) == np.minimum(count, (total > 0).sum(axis=1))).all()
    assert (alone.sum(axis=1) <= 1).all()
    assert (chosen | ~alone).all(), "who speaks alone is among those who speak"


def turns(*spans: tuple[float, float, int]) -> list[SpeakerTurn]:
    return [SpeakerTurn(TimeSpan(s, e), f"SPEAKER_{who:02d}") for s, e, who in spans]


def test_a_turn_goes_from_its_first_frame_to_the_first_after_it():
    active = np.array([[0, 1], [1, 1], [1, 0], [0, 0], [1, 0]], bool)
    found = overlapping_turns(active, FRAMES, gap=0.0, end=100.0)
    assert found == turns((1.5, 3.5, 0), (4.5, 4.5, 0), (0.5, 2.5, 1))


def test_short_pauses_are_filled_and_long_ones_are_not():
    active = np.array([[1], [0], [1], [0], [0], [1], [0]], bool)
    assert overlapping_turns(active, FRAMES, gap=1.5, end=100.0) == turns(
        (0.5, 3.5, 0), (5.5, 6.5, 0)
    )


def test_turns_end_with_the_recording():
    active = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 0]], bool)
    assert overlapping_turns(active, FRAMES, gap=0.0, end=3.0) == turns((0.5, 3.0, 0))


def test_a_pause_in_which_another_speaks_stays_his():
    active = np.array([[1, 0], [0, 1], [1, 0], [0, 0], [1, 0], [0, 0]], bool)
    assert exclusive_turns(active, FRAMES, gap=1.5, end=100.0) == turns(
        (0.5, 1.5, 0), (1.5, 2.5, 1), (2.5, 5.5, 0)
    )


@given(
    arrays(np.int64, 12, elements=st.integers(-1, 2)),
    st.floats(0, 5),
    st.floats(0.1, 14),
)
def test_exclusive_turns_never_overlap_and_stay_inside(speaker, gap, end):
    active = speaker[:, None] == np.arange(3)
    found = exclusive_turns(active, FRAMES, gap, end)
    assert all(one.span.end <= other.span.start for one, other in pairwise(found))
    assert all(turn.span.end <= end for turn in found)


def test_progress_grows_step_by_step_and_ends_with_all():
    heard: list[float] = []
    steps = Progress(heard.append)
    for step, done, total in [
        ("segmentation", 0, 10),
        ("segmentation", 32, 10),
        ("speaker_counting", 0, 0),
        ("embeddings", 2, 4),
        ("segmentation", 5, 10),
        ("embeddings", 4, 4),
    ]:
        steps(step, None, completed=done, total=total)
    steps.finish()
    assert heard == pytest.approx([0.0, 0.25, 0.6, 0.6, 0.95, 1.0])


def test_a_token_is_wiped_from_a_text(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "a company's own kind")
    text = "Bearer hf_AbCdEfGhIjKl, or: a company's own kind!"
    assert without_tokens(text) == "Bearer (token), or: (token)!"


GOOD = {
    "version": "3.1.0",
    "pipeline": {
        "name": "pyannote.audio.pipelines.SpeakerDiarization",
        "params": {
            "segmentation": "org/segments",
            "embedding": {"checkpoint": "org/voices@v1"},
            "segmentation_step": 0.2,
            "der_variant": {"collar": 0.25},
        },
    },
    "params": {"clustering": {"threshold": 0.7, "method": "centroid"}},
    "freeze": {"clustering": {"threshold": 0.6}},
}


def recipe(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return read_recipe(path, "org/pipeline")


def test_a_recipe_names_models_and_numbers(tmp_path):
    found = recipe(tmp_path, GOOD)
    assert (found.segmentation, found.embedding) == ("org/segments", "org/voices@v1")
    assert found.blocks == {"segmentation_step": 0.2}
    assert found.params == {"clustering": {"threshold": 0.6, "method": "centroid"}}


def params(**changes):
    pipeline = GOOD["pipeline"]
    return {**GOOD, "pipeline": {**pipeline, "params": {**pipeline["params"], **changes}}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({**GOOD, "pipeline": {"name": "os.system", "params": {}}}, "made by os.system"),
        ({**GOOD, "pipeline": {"name": "mine.Pipeline"}}, "made by mine.Pipeline"),
        ({**GOOD, "pipeline": None}, "pipeline is no mapping"),
        ({**GOOD, "preprocessors": {"audio": {"name": "os.system"}}}, "they are not run"),
        ({**GOOD, "dependencies": {"pyannote.audio": "4.0.0"}}, "made for pyannote.audio 4.0.0"),
        ({**GOOD, "version": "4.0.1"}, "made for pyannote.audio 4.0.1"),
        (params(clustering="OracleClustering"), "clustering is OracleClustering"),
        (params(clustering="VBxClustering"), "clustering is VBxClustering"),
        (params(plda="$model/plda"), "holds plda"),
        (params(embedding=None), "embedding names no model"),
        (params(embedding={"checkpoint": "a/b", "hparams_file": "x"}), "embedding names no model"),
        ("[1, 2", "cannot be read"),
        ("!!python/object/apply:os.system ['true']", "cannot be read"),
        ("- 1", "config.yaml is no mapping"),
    ],
)
def test_what_is_no_recipe_of_pyannote_is_refused(tmp_path, content, message):
    with pytest.raises(ModelError) as caught:
        recipe(tmp_path, content)
    assert "pipeline org/pipeline: " in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint
