"""The aligners of a run, from a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any

from asrcore.bootstrap.calibration import known_speech
from asrcore.bootstrap.planner import Plan
from asrcore.bootstrap.settings import ATTENTION, AUTO, AlignerSettings
from asrcore.bootstrap.stage_planner import StagePlan
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.domain.request import AlignRequest
from asrcore.domain.transcript import Word
from asrcore.errors import UnsupportedError
from asrcore.ports.aligner import Aligner
from asrcore.ports.attentive import Attentive
from asrcore.ports.emission_model import EmissionModel
from asrcore.ports.transcriber import Transcriber
from asrcore.usecases.ctc_aligner import CtcAligner, CtcOptions

CTC_SETTINGS = ("method", "lag", "interpolation")
ONLY_OTHERS = {"ctc": ("interpolation",), "whisperx": ("lag",)}
"""Settings that a method has no use for."""


def aligners(
    decided: Plan,
    settings: AlignerSettings,
    transcriber: Callable[[], Transcriber],
    build: Callable[[StagePlan, Mapping[str, Any]], Any],
) -> dict[str, Aligner]:
    """The planned aligners by name, the first choice first.

    Args:
        decided: which, and where.
        settings: how; options belong to the first, and the others have their defaults.
        transcriber: makes the transcriber, for the aligner that is part of it.
        build: makes a backend from its plan and options.

    Raises:
        AsrError: the first cannot be made; others are made when they are needed.
        UnsupportedError: the first cannot do what is set.
    """
    plans = [each for each in (decided.aligner, *decided.fallback_aligners) if each is not None]
    if not plans:
        return {}
    first = _made(plans[0], settings, settings.options, transcriber, build)
    _refuse_ignored(first, plans[0].backend, settings)
    line = {plans[0].backend: first}
    for each in plans[1:]:
        line[each.backend] = MadeWhenAsked(partial(_made, each, settings, {}, transcriber, build))
    return line


class MadeWhenAsked:
    """An aligner that may never be needed: its model is not worth loading before.

    Raises:
        AsrError: at the first use, and each further one, where it cannot be made.
    """

    def __init__(self, make: Callable[[], Aligner]) -> None:
        self._make = make
        self._made: Aligner | None = None
        self._one_at_a_time = Lock()

    @property
    def capabilities(self) -> AlignerCapabilities:
        """Those of the aligner."""
        return self._aligner().capabilities

    def align(self, batch: Sequence[AlignRequest]) -> Sequence[Sequence[Sequence[Word]]]:
        """Let the aligner do it."""
        return self._aligner().align(batch)

    def close(self) -> None:
        """Nothing: who made the aligner closes it."""

    def _aligner(self) -> Aligner:
        with self._one_at_a_time:
            if self._made is None:
                self._made = self._make()
            return self._made


def _made(
    planned: StagePlan,
    settings: AlignerSettings,
    options: Mapping[str, Any],
    transcriber: Callable[[], Transcriber],
    build: Callable[[StagePlan, Mapping[str, Any]], Any],
) -> Aligner:
    if planned.backend == ATTENTION:
        return _attention(transcriber())
    backend: Aligner | EmissionModel = build(planned, options)
    if isinstance(backend, EmissionModel):
        lag = None if settings.lag == AUTO else settings.lag
        ctc = CtcOptions(settings.method, lag, settings.interpolation)
        return CtcAligner(backend, ctc, known_speech)
    return backend


def _attention(transcriber: Transcriber) -> Aligner:
    if isinstance(transcriber, Attentive):
        return transcriber.attention
    raise UnsupportedError("aligner.backend: this transcriber cannot align by attention")


def _refuse_ignored(aligner: Aligner, name: str, settings: AlignerSettings) -> None:
    ctc = isinstance(aligner, CtcAligner)
    useless = CTC_SETTINGS if not ctc else ONLY_OTHERS[settings.method]
    default = AlignerSettings()
    for key in useless:
        if getattr(settings, key) != getattr(default, key):
            raise UnsupportedError(
                f"aligner.{key}: {name} has no use for it"
                + (f" with method {settings.method}" if ctc else ""),
                "" if ctc else "only aligners by CTC models do: --set aligner.backend=wav2vec2",
            )
