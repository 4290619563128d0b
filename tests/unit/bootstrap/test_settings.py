import math
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from asrcore.bootstrap.settings import Settings, explain, origin_of
from asrcore.errors import ConfigError


def refused(values: object, origins: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.of(values, origins)
    return caught.value.message


def test_without_any_value_everything_has_a_default() -> None:
    settings = Settings.of({})
    assert settings == Settings()
    assert settings.transcriber.backend == "auto"
    assert (settings.aligner.backend, settings.diarizer.backend) == ("auto", "none")
    assert settings.sentences.backend == "sentencex"
    assert (settings.vad.backend, settings.audio.backend) == ("silero", "pyav")
    assert settings.output.formats == ("txt",)
    assert settings.output.directory is None


def test_a_value_lands_where_it_is_named_and_moves_nothing_else() -> None:
    settings = Settings.of({"transcriber": {"language": "de"}, "vad": {"options": {"onset": 0.4}}})
    assert settings.transcriber.language == "de"
    assert settings.vad.options == {"onset": 0.4}
    assert settings.transcriber.backend == "auto"
    assert settings.chunking == Settings().chunking


@pytest.mark.parametrize(
    ("given", "formats"),
    [
        (["srt", "json"], ("srt", "json")),
        (("srt",), ("srt",)),
        ("srt", ("srt",)),
        ("srt,json", ("srt", "json")),
        (" srt , json, ", ("srt", "json")),
    ],
)
def test_formats_are_a_list_or_one_string_with_commas(given: object, formats: tuple) -> None:
    assert Settings.of({"output": {"formats": given}}).output.formats == formats


@pytest.mark.parametrize("size", ["auto", 1, 64])
def test_a_batch_size_is_auto_or_a_number(size: object) -> None:
    assert Settings.of({"transcriber": {"batch_size": size}}).transcriber.batch_size == size


@pytest.mark.parametrize(("lag", "seconds"), [("auto", "auto"), (0, 0.0), (-0.02, -0.02)])
def test_a_lag_is_auto_or_seconds_early_ones_too(lag: object, seconds: object) -> None:
    found = Settings.of({"aligner": {"lag": lag}}).aligner.lag
    assert (found, type(found)) == (seconds, type(seconds))


@pytest.mark.parametrize("lag", ["x", "", True, None, [1], math.nan, math.inf])
def test_a_lag_that_is_no_number_is_refused_in_one_line(lag: object) -> None:
    assert refused({"aligner": {"lag": lag}}) == (
        f"aligner.lag: input should be auto or a number of seconds, not {lag!r}"
    )


@pytest.mark.parametrize(
    ("given", "similarity"), [("auto", "auto"), (-1, -1.0), (0, 0.0), (0.7, 0.7), (1, 1.0)]
)
def test_a_similarity_is_auto_or_a_cosine(given: object, similarity: object) -> None:
    found = Settings.of({"diarizer": {"similarity": given}}).diarizer.similarity
    assert (found, type(found)) == (similarity, type(similarity))


@pytest.mark.parametrize("similarity", ["x", "", True, None, [1], math.nan, 1.1, -1.01, 70])
def test_a_similarity_that_is_no_cosine_is_refused_in_one_line(similarity: object) -> None:
    assert refused({"diarizer": {"similarity": similarity}}) == (
        f"diarizer.similarity: input should be auto or a number from -1 to 1, not {similarity!r}"
    )


def test_known_speakers_are_names_and_paths_of_any_spelling() -> None:
    speakers = {"Alice B.": "voices/alice.wav", "böb": "b.wav"}
    found = Settings.of({"diarizer": {"speakers": speakers}}).diarizer.speakers
    assert found == {"Alice B.": Path("voices/alice.wav"), "böb": Path("b.wav")}


def test_a_directory_becomes_a_path() -> None:
    assert Settings.of({"output": {"directory": "out"}}).output.directory == Path("out")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"transcriber": {"bakend": "x"}},
         "transcriber.bakend: unknown; did you mean backend?"),
        ({"transcribr": {"backend": "x"}},
         "transcribr: unknown; did you mean transcriber?"),
        ({"chunking": {"max_durration": 3}},
         "chunking.max_durration: unknown; did you mean max_duration?"),
        ({"zzz": 1}, "zzz: unknown"),
        ({"output": {"zzz": 1}}, "output.zzz: unknown"),
        # What has no such choice does not take one and ignore it.
        ({"vad": {"device": "cuda"}}, "vad.device: unknown"),
        ({"audio": {"compute_type": "int8"}}, "audio.compute_type: unknown"),
        ({"aligner": {"language": "en"}}, "aligner.language: unknown"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_refused_by_its_path_with_the_closest_known(
    values: dict, message: str
) -> None:
    assert refused(values) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"transcriber": {"task": "translte"}},
         "transcriber.task: input should be 'transcribe' or 'translate', not 'translte'"),
        ({"transcriber": {"timestamps": "maybe"}},
         "transcriber.timestamps: input should be a valid boolean, unable to interpret input, "
         "not 'maybe'"),
        ({"transcriber": {"language": 3}},
         "transcriber.language: input should be a valid string, not 3"),
        ({"diarizer": {"min_speakers": "two"}},
         "diarizer.min_speakers: input should be a valid integer, unable to parse string as an "
         "integer, not 'two'"),
        ({"diarizer": {"num_speakers": 2.5}},
         "diarizer.num_speakers: input should be a valid integer, got a number with a fractional "
         "part, not 2.5"),
        ({"diarizer": {"speakers": "alice.wav"}},
         "diarizer.speakers: input should be a table, not 'alice.wav'"),
        ({"diarizer": {"speakers": {"alice": 3}}},
         "diarizer.speakers.alice: input is not a valid path for <class 'pathlib.Path'>, not 3"),
        ({"diarizer": {"num_speaker": 2}},
         "diarizer.num_speaker: unknown; did you mean num_speakers?"),
        ({"chunking": {"max_duration": 0.5}},
         "chunking.max_duration: input should be greater than or equal to 1, not 0.5"),
        ({"chunking": {"max_duration": math.nan}},
         "chunking.max_duration: input should be less than or equal to 30, not nan"),
        ({"chunking": {"max_gap": -1}},
         "chunking.max_gap: input should be greater than or equal to 0, not -1"),
        ({"transcriber": "faster-whisper"},
         "transcriber: input should be a table of settings, not 'faster-whisper'"),
        ({"transcriber": {"options": 3}},
         "transcriber.options: input should be a table, not 3"),
        ({"output": {"options": {"srt": 42}}},
         "output.options.srt: input should be a table, not 42"),
        ({"output": {"formats": 3}}, "output.formats: input should be a list, not 3"),
        ({"output": {"formats": ["txt", 3]}},
         "output.formats.1: input should be a valid string, not 3"),
        (42, "settings: input should be a table of settings, not 42"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_path_reason_and_the_value(
    values: object, message: str
) -> None:
    assert refused(values) == message


@pytest.mark.parametrize("size", [0, -1, 1.5, "x", "", True, None, [1]])
def test_a_batch_of_no_chunks_is_refused_in_one_line(size: object) -> None:
    assert refused({"transcriber": {"batch_size": size}}) == (
        f"transcriber.batch_size: input should be auto or a whole number from 1, not {size!r}"
    )


@pytest.mark.parametrize("formats", [[], (), "", " , "])
def test_no_format_at_all_is_refused_since_a_transcript_would_be_lost(formats: object) -> None:
    assert refused({"output": {"formats": formats}}) == (
        f"output.formats: input should name at least one, not {formats!r}"
    )


def test_all_mistakes_are_told_at_once_a_line_each() -> None:
    message = refused({"transcriber": {"bakend": "x", "task": 1}, "diariser": {}})
    assert [line.partition(":")[0] for line in message.splitlines()] == [
        "transcriber.task",
        "transcriber.bakend",
        "diariser",
    ]


@pytest.mark.parametrize(
    ("values", "origins", "where"),
    [
        ({"vad": {"bakend": 1}}, {"vad.bakend": "asr.toml"}, "asr.toml"),
        # A whole section is unknown, or a scalar stands for one.
        ({"vda": {"backend": 1}}, {"vda.backend": "asr.toml"}, "asr.toml"),
        ({"vad": "silero"}, {"vad": "environment"}, "environment"),
        ({"output": {"formats": [1]}}, {"output.formats": "command line"}, "command line"),
        ({"vad": {"bakend": 1}}, {"vad.bakend": "new", "vad": "old"}, "new"),
    ],
)
def test_a_mistake_names_the_place_it_comes_from(
    values: dict, origins: dict[str, str], where: str
) -> None:
    origins = {"transcriber.backend": "elsewhere", "vadx": "elsewhere"} | origins
    assert refused(values, origins).endswith(f" (from {where})")


def test_an_origin_that_is_not_known_is_not_made_up() -> None:
    assert refused({"zzz": 1}, {"zz": "a", "zzzz": "b"}) == "zzz: unknown"
    assert origin_of("a.b", {}) == ""


@pytest.mark.parametrize("section", list(Settings.model_fields))
def test_settings_are_frozen_through_and_through(section: str) -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings, section, None)
    part = getattr(settings, section)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(part, next(iter(type(part).model_fields)), None)


def test_options_are_copied_so_that_the_callers_dict_stays_the_callers() -> None:
    options = {"model": "small"}
    settings = Settings.of({"transcriber": {"options": options}})
    options["model"] = "changed"
    assert settings.transcriber.options == {"model": "small"}


def test_a_backends_own_nested_options_are_explained_under_their_prefix() -> None:
    class Beam(BaseModel, extra="forbid"):
        size: int = 5

    class Parrot(BaseModel, extra="forbid"):
        beam: Beam = Beam()
        many: list[Beam] = []

    wrong = {"beam": {"sise": 1}, "many": [{"size": "x"}, {"sise": 2}]}
    with pytest.raises(ValidationError) as caught:
        Parrot.model_validate(wrong)
    assert explain(Parrot, caught.value, "transcriber.options").splitlines() == [
        "transcriber.options.beam.sise: unknown; did you mean size?",
        "transcriber.options.many.0.size: input should be a valid integer, unable to parse "
        "string as an integer, not 'x'",
        "transcriber.options.many.1.sise: unknown",
    ]
