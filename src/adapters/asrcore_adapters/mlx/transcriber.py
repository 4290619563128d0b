"""The transcriber over MLX."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property

from asrcore.errors import ConfigError, translate
from asrcore.plugin import Placement
from asrcore.ports.aligner import Aligner
from asrcore_adapters.common.machine import cores
from asrcore_adapters.common.mlx_devices import device_of, dtype_of
from asrcore_adapters.common.mlx_lanes import Lanes
from asrcore_adapters.common.whisper_backend import WhisperTranscriber
from asrcore_adapters.mlx import MLXOptions
from asrcore_adapters.mlx.attention import AttentionAligner
from asrcore_adapters.mlx.engine import MLXEngine
from asrcore_adapters.mlx.failures import failed, not_loaded
from asrcore_adapters.mlx.limits import limit_memory
from asrcore_adapters.mlx.loading import load_whisper
from asrcore_adapters.mlx.models import locate_whisper
from asrcore_adapters.mlx.vocabulary import Vocabulary


class MLXTranscriber(WhisperTranscriber):
    """Whisper in batches on Apple's GPU, or wherever else MLX runs.

    Raises:
        ConfigError: an option that the device or the model cannot honour.
        ModelError: there is no such model, or MLX cannot compute on the device.
    """

    def __init__(self, options: MLXOptions, placement: Placement) -> None:
        device = device_of(placement, "transcriber")
        dtype = dtype_of(placement, "transcriber")
        threads = _threads(options, placement)
        folder = locate_whisper(options)
        limit_memory(options, placement)
        with ExitStack() as failing:
            lanes = Lanes(device, threads)
            failing.callback(lanes.close)
            with translate({Exception: lambda error: not_loaded(options.model, error)}):
                model = lanes.run(lambda: load_whisper(folder, dtype))
            self._vocabulary = Vocabulary(model)
            self._engine = MLXEngine(model, self._vocabulary, lanes, options)
            failing.pop_all()
        super().__init__(self._engine, self._vocabulary, options, failed)

    @cached_property
    def attention(self) -> Aligner:
        """Word times from this very model's attention; it is closed with the transcriber."""
        return AttentionAligner(self._engine, self._vocabulary)

    def close(self) -> None:
        """Free the model's memory."""
        self._engine.close()


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
