"""What can be configured: one frozen model, the same for TOML, environment, flags and code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from asrcore.errors import ConfigError, did_you_mean

AUTO: Final = "auto"
NONE: Final = "none"
ATTENTION: Final = "attention"
"""The aligner that is part of the transcriber."""
WORDING: Final[Mapping[str, str]] = {
    "model_type": "input should be a table of settings",
    "dict_type": "input should be a table",
    "tuple_type": "input should be a list",
}
"""pydantic's kinds of mistakes that it words for programmers -> the same in TOML's words."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _split(value: object) -> object:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if value in ([], ()):
        raise ValueError("input should name at least one")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""A list of names, or one string with commas."""


def _count(value: object) -> object:
    if value == AUTO or (type(value) is int and value >= 1):
        return value
    raise ValueError("input should be auto or a whole number from 1")


Count = Annotated[int | Literal["auto"], BeforeValidator(_count)]
"""How many; `auto` leaves it to the planner."""


def _seconds(value: object) -> object:
    if value == AUTO:
        return value
    if isinstance(value, int | float) and type(value) is not bool and math.isfinite(value):
        return float(value)
    raise ValueError("input should be auto or a number of seconds")


Seconds = Annotated[float | Literal["auto"], BeforeValidator(_seconds)]
"""Any number of seconds; `auto` has them estimated."""


def _similarity(value: object) -> object:
    if value == AUTO:
        return value
    if isinstance(value, int | float) and type(value) is not bool and -1 <= value <= 1:
        return float(value)
    raise ValueError("input should be auto or a number from -1 to 1")


Similarity = Annotated[float | Literal["auto"], BeforeValidator(_similarity)]
"""The cosine of an angle; `auto` leaves it to the backend."""


class BackendSettings(_Section):
    """A backend's name, and options that its own class checks."""

    backend: str
    options: dict[str, Any] = Field(default_factory=dict)


class StageSettings(BackendSettings):
    """A backend that computes: also where, and in which number format."""

    device: str = AUTO
    compute_type: str = AUTO


class TranscriberSettings(StageSettings):
    """Speech to text, see `asrcore.domain.request.Instructions`."""

    backend: str = AUTO
    language: str = AUTO
    task: Literal["transcribe", "translate"] = "transcribe"
    prompt: str | None = None
    hotwords: str | None = None
    timestamps: bool = True
    multilingual: bool = False
    batch_size: Count = AUTO


class AlignerSettings(StageSettings):
    """Word times; `none` leaves them to the transcriber.

    See `asrcore.usecases.ctc_aligner.CtcOptions` for `method`, `lag` and `interpolation`, which
    only aligners by CTC models have; and `asrcore.usecases.align` for `fallback`.
    """

    backend: str = AUTO
    fallback: bool = True
    characters: bool = False
    method: Literal["ctc", "whisperx"] = "ctc"
    lag: Seconds = AUTO
    interpolation: Literal["nearest", "linear", "ignore"] = "nearest"


class DiarizerSettings(StageSettings):
    """Speakers; `none` leaves them out.

    See `asrcore.usecases.diarize.SpeakerOptions`; `speakers` are names and their recordings.
    """

    backend: str = NONE
    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None
    embeddings: bool = False
    similarity: Similarity = AUTO
    speakers: dict[str, Path] = Field(default_factory=dict)


class SentenceSettings(BackendSettings):
    """Where sentences end; `none` leaves segments as the transcriber delimits them."""

    backend: str = "sentencex"


class VadSettings(BackendSettings):
    """Where speech is."""

    backend: str = "silero"


class AudioSettings(BackendSettings):
    """Decoding."""

    backend: str = "pyav"


class ChunkingSettings(_Section):
    """How speech is packed, see `asrcore.domain.chunking.ChunkLimits`."""

    max_duration: float = Field(30.0, ge=1, le=30)
    max_gap: float = Field(2.0, ge=0)


class OutputSettings(_Section):
    """Files: where, in which formats, and options by format (`options.srt.line_length`)."""

    directory: Path | None = None
    formats: Names = ("txt",)
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)


class EvaluationSettings(_Section):
    """What is measured, by what it is drawn, and options of each (`options.words.normalizer`)."""

    metrics: Names = ("words", "times", "speakers", "speaker-words")
    chart: str = "matplotlib"
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)


class Settings(_Section):
    """Everything."""

    transcriber: TranscriberSettings = TranscriberSettings()
    aligner: AlignerSettings = AlignerSettings()
    diarizer: DiarizerSettings = DiarizerSettings()
    sentences: SentenceSettings = SentenceSettings()
    vad: VadSettings = VadSettings()
    audio: AudioSettings = AudioSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    output: OutputSettings = OutputSettings()
    evaluation: EvaluationSettings = EvaluationSettings()

    @classmethod
    def of(cls, values: Mapping[str, Any], origins: Mapping[str, str] | None = None) -> Settings:
        """Check values, nested as in a TOML file.

        Raises:
            ConfigError: names every wrong key by its path, and its origin where `origins` has it.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(explain(cls, error, origins=origins or {})) from error


def explain(
    model: type[BaseModel],
    error: ValidationError,
    prefix: str = "",
    origins: Mapping[str, str] | None = None,
) -> str:
    """A line a mistake: `transcriber.bakend: unknown; did you mean backend?`."""
    lines = []
    for mistake in error.errors():
        path = ".".join(str(part) for part in mistake["loc"])
        key = ".".join(part for part in (prefix, path) if part) or "settings"
        origin = origin_of(key, origins or {})
        where = f" (from {origin})" if origin else ""
        lines.append(f"{key}: {_reason(model, mistake)}{where}")
    return "\n".join(lines)


def origin_of(key: str, origins: Mapping[str, str]) -> str:
    """Where a value comes from, or the table around it, or anything inside it; else nothing."""
    if key in origins:
        return origins[key]
    related = (
        origin
        for known, origin in origins.items()
        if known.startswith(f"{key}.") or key.startswith(f"{known}.")
    )
    return next(related, "")


def _reason(model: type[BaseModel], mistake: Mapping[str, Any]) -> str:
    if mistake["type"] == "extra_forbidden":
        *parents, last = (str(part) for part in mistake["loc"])
        guess = did_you_mean(last, _fields(model, parents))
        return f"unknown; {guess}" if guess else "unknown"
    message = WORDING.get(mistake["type"], str(mistake["msg"]).removeprefix("Value error, "))
    return f"{message[:1].lower()}{message[1:]}, not {mistake['input']!r}"


def _fields(model: type[BaseModel], parents: list[str]) -> list[str]:
    for parent in parents:
        field = model.model_fields.get(parent)
        inner = field.annotation if field is not None else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
