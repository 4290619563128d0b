"""The transcriber over CTranslate2."""

from __future__ import annotations

from functools import cached_property

import ctranslate2
from faster_whisper import WhisperModel

from asrcore.errors import translate
from asrcore.plugin import Placement
from asrcore.ports.aligner import Aligner
from asrcore_adapters.common.whisper_backend import WhisperTranscriber
from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.attention import AttentionAligner
from asrcore_adapters.faster_whisper.engine import FasterWhisperEngine
from asrcore_adapters.faster_whisper.failures import failed, not_loaded
from asrcore_adapters.faster_whisper.models import locate_model
from asrcore_adapters.faster_whisper.vocabulary import Vocabulary


class FasterWhisperTranscriber(WhisperTranscriber):
    """Whisper in batches: one encoder and one decoder call for as many chunks as it is given."""

    def __init__(self, options: FasterWhisperOptions, placement: Placement) -> None:
        folder = locate_model(options)
        # CTranslate2 seeds a model's sampling when the model's thread starts, and never again.
        ctranslate2.set_random_seed(options.seed)
        device, _, index = placement.device.partition(":")
        with translate({Exception: lambda error: not_loaded(options.model, error)}):
            self._whisper = WhisperModel(
                str(folder),
                device=device,
                device_index=int(index or 0),
                compute_type=placement.compute_type or "default",
                cpu_threads=options.threads,
                local_files_only=True,
            )
        self._vocabulary = Vocabulary(self._whisper, options.suppress_tokens)
        if options.suppress_numerals:
            self._vocabulary.suppress_numerals()
        self._engine = FasterWhisperEngine(self._whisper, self._vocabulary, options)
        super().__init__(self._engine, self._vocabulary, options, failed)

    @cached_property
    def attention(self) -> Aligner:
        """Word times from this very model's attention; it is closed with the transcriber."""
        return AttentionAligner(self._whisper, self._vocabulary)

    def close(self) -> None:
        """Free the model's memory."""
        self._whisper.model.unload_model()
