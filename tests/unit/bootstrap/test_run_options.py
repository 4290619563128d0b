"""What a run is told of speakers, from the settings."""

import pytest

from asrcore.bootstrap.config import resolve
from asrcore.bootstrap.run_options import run_options, speaker_options
from asrcore.bootstrap.settings import DiarizerSettings, Settings
from asrcore.domain.diarization import SpeakerCount
from asrcore.errors import ConfigError
from asrcore.usecases.diarize import SpeakerOptions


def of(**settings: object) -> SpeakerOptions:
    return speaker_options(Settings.of({"diarizer": settings}).diarizer)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, SpeakerCount()),
        ({"num_speakers": 3}, SpeakerCount(3, 3)),
        ({"min_speakers": 2}, SpeakerCount(2, None)),
        ({"max_speakers": 4}, SpeakerCount(None, 4)),
        ({"min_speakers": 2, "max_speakers": 4}, SpeakerCount(2, 4)),
        ({"min_speakers": 2, "max_speakers": 2}, SpeakerCount(2, 2)),
    ],
)
def test_numbers_become_bounds(settings: dict, count: SpeakerCount) -> None:
    assert of(**settings) == SpeakerOptions(count)


@pytest.mark.parametrize("bound", [{"min_speakers": 1}, {"max_speakers": 2}])
def test_an_exact_number_beside_a_bound_is_refused(bound: dict) -> None:
    with pytest.raises(ConfigError) as caught:
        of(num_speakers=2, **bound)
    assert "num_speakers excludes min_speakers and max_speakers" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "settings",
    [
        {"num_speakers": 0},
        {"num_speakers": -1},
        {"min_speakers": 0},
        {"max_speakers": 0},
        {"min_speakers": 3, "max_speakers": 2},
    ],
)
def test_numbers_that_cannot_be_are_wrong_settings(settings: dict) -> None:
    with pytest.raises(ConfigError, match=r"^diarizer: speaker counts run from at least 1"):
        of(**settings)


@pytest.mark.parametrize(("given", "told"), [("auto", None), (0, 0.0), (0.25, 0.25)])
def test_a_similarity_that_is_set_is_told_also_if_it_is_0(
    given: object, told: float | None
) -> None:
    assert of(similarity=given).similarity == told


def test_voices_are_asked_for_and_known_ones_are_not_heard_yet() -> None:
    found = of(embeddings=True, speakers={"alice": "alice.wav"})
    assert found == SpeakerOptions(embeddings=True, known={})


def test_a_run_is_told_the_same() -> None:
    settings = Settings.of({"diarizer": {"num_speakers": 2, "embeddings": True}})
    told = run_options(settings, 4).speakers
    assert told == speaker_options(settings.diarizer) == SpeakerOptions(SpeakerCount(2, 2), True)


def test_a_resolved_configuration_can_do_without_speakers(tmp_path) -> None:
    diarizer = {"backend": "auto", "num_speakers": 2, "speakers": {"alice": "a.wav"}}
    flags = {"diarizer": diarizer, "transcriber": {"language": "de"}}
    found = resolve(flags=flags, folder=tmp_path, user_folder=tmp_path)
    without = found.without_speakers()
    assert without.settings.diarizer == DiarizerSettings()
    assert without.settings.transcriber.language == "de"
    assert found.settings.diarizer.backend == "auto", "the original is as it was"
