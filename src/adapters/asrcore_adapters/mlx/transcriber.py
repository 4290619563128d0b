"""The transcriber over MLX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import mlx.core as mx

from asrcore.domain.audio import Samples
from asrcore.domain.capabilities import TranscriberCapabilities
from asrcore.domain.request import ChunkRequest, ChunkResult
from asrcore.domain.whisper.transcription import Transcription
from asrcore.errors import ConfigError, translate
from asrcore.plugin import Placement
from asrcore.ports.aligner import Aligner
from asrcore_adapters.common.machine import cores
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.attention import AttentionAligner
from asrcore_adapters.mlx.engine import MLXEngine
from asrcore_adapters.mlx.failures import failed, not_loaded
from asrcore_adapters.mlx.loading import load_whisper
from asrcore_adapters.mlx.models import locate_whisper
from asrcore_adapters.mlx.vocabulary import Vocabulary


class MLXTranscriber:
    """Whisper in batches on Apple's GPU, or wherever else MLX runs.

    Raises:
        ConfigError: an option that the device or the model cannot honour.
        ModelError: there is no such model, or MLX cannot compute on the device.
    """

    def __init__(self, options: MLXOptions, placement: Placement) -> None:
        device = device_of(placement)
        threads = _threads(options, placement)
        folder = locate_whisper(options)
        lanes = Lanes(device, threads)
        with translate({Exception: lambda error: not_loaded(options.model, error)}):
            model = lanes.run(lambda: load_whisper(folder, placement.compute_type or "float32"))
        self._vocabulary = Vocabulary(model)
        self._engine = MLXEngine(model, self._vocabulary, lanes, options)
        self._work = Transcription(self._engine, options.temperatures, options.thresholds)

    @cached_property
    def capabilities(self) -> TranscriberCapabilities:
        """What its model honours."""
        return self._work.capabilities(self._vocabulary.languages())

    @cached_property
    def attention(self) -> Aligner:
        """Word times from this very model's attention; it is closed with the transcriber."""
        return AttentionAligner(self._engine, self._vocabulary)

    def transcribe(self, batch: Sequence[ChunkRequest]) -> Sequence[ChunkResult]:
        """Transcribe chunks, those without any sample as nothing."""
        with translate({Exception: failed}):
            return self._work.transcribe(batch)

    def detect_languages(self, batch: Sequence[Samples]) -> Sequence[Mapping[str, float]]:
        """Whisper's own detection: the probabilities of its language tokens."""
        with translate({Exception: failed}):
            return self._engine.encode(batch).languages(range(len(batch)))

    def close(self) -> None:
        """Free the model's memory."""
        self._engine.close()


def device_of(placement: Placement) -> Any:
    """The device of MLX for a planned one.

    Raises:
        ConfigError: MLX has no such device here.
    """
    if placement.device == "cpu":
        return mx.cpu
    there = {"metal": mx.metal.is_available, "cuda": mx.cuda.is_available}
    kind, _, number = placement.device.partition(":")
    if not there[kind]():
        raise ConfigError(
            f"transcriber.device: MLX has no {kind} on this machine",
            "run: pip install 'mlx[cuda13]'" if kind == "cuda" else "use --device cpu",
        )
    count, index = mx.device_count(mx.gpu), int(number or 0)
    if index >= count:
        raise ConfigError(
            f"transcriber.device: there is no {placement.device}; MLX has {count} of them here",
            f"use --device {kind}",
        )
    return mx.Device(mx.gpu, index)


def _threads(options: MLXOptions, placement: Placement) -> int:
    if placement.device == "cpu":
        return options.threads or cores()
    if options.threads:
        raise ConfigError(
            f"transcriber.options.threads: {placement.device} computes a batch at once; "
            "threads are for the CPU",
            "leave it out, or use --device cpu",
        )
    return 1
