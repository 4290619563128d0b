"""Whisper checkpoints of Hugging Face in CTranslate2's layout, by its own converter."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ctranslate2 import StorageView
from ctranslate2.converters import TransformersConverter
from ctranslate2.models import Whisper
from tokenizers import Tokenizer
from transformers import WhisperFeatureExtractor, WhisperTokenizerFast

from asrcore.domain.audio import Samples
from asrcore.domain.conversion import Reading
from asrcore.errors import ModelError, translate
from asrcore.plugin import Placement
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.transformers_logging import quiet
from asrcore_adapters.common.whisper_checkpoint import locate_checkpoint, read_config
from asrcore_adapters.common.whisper_reference import (
    MULTILINGUAL,
    Script,
    log_mel,
    reference,
    refuse_incomplete,
    unreadable,
)
from asrcore_adapters.faster_whisper.failures import not_loaded
from asrcore_adapters.faster_whisper.models import TOKENIZER

PREPROCESSOR = "preprocessor_config.json"
START, END, WITHOUT_TIMES = "<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>"
IN_ENGLISH = ("<|en|>", "<|transcribe|>")


class CTranslate2Converter:
    """CTranslate2's own converter, with the two files that faster-whisper wants beside the model.

    It holds the source as transformers loads it; the comparison needs it in float32.
    """

    transcriber = "faster-whisper"

    def __init__(self, options: HubOptions, placement: Placement) -> None:
        self._options = options
        self._format = placement.compute_type or "float16"

    def prepare_check(self) -> None:
        """What reads the source for the comparison is here: it converts it, too."""

    def locate(self, source: str) -> Path:
        """A folder, or a Hub model."""
        return locate_checkpoint(source, self._options)

    def convert(self, source: Path, target: Path) -> None:
        """Write `model.bin`, `config.json`, `vocabulary.json`, and how text and sound are read."""
        bands = read_config(source).get("num_mel_bins", 80)
        tokenizer = _tokenizer(source)
        with quiet():
            _Converter(str(source)).convert(str(target), quantization=self._format, force=True)
        if not _copied(TOKENIZER, source, target):
            tokenizer.save(str(target / TOKENIZER))
        if not _copied(PREPROCESSOR, source, target):
            extractor = WhisperFeatureExtractor(feature_size=bands)  # type: ignore[no-untyped-call]
            extractor.save_pretrained(target)

    def expected(self, source: Path, clip: Samples) -> Reading:
        """By transformers."""
        multilingual = read_config(source)["vocab_size"] >= MULTILINGUAL
        return reference(source, clip, _script(_tokenizer(source), multilingual=multilingual))

    def found(self, target: Path, clip: Samples) -> Reading:
        """By CTranslate2 on the CPU: in float32, quantised weights as they are."""
        quantized = self._format.startswith("int8")
        with translate({Exception: lambda error: not_loaded(str(target), error)}):
            compute_type = "int8_float32" if quantized else "float32"
            model = Whisper(str(target), compute_type=compute_type)
            tokenizer = Tokenizer.from_file(str(target / TOKENIZER))
            script = _script(tokenizer, multilingual=model.is_multilingual)
            (written,) = model.generate(
                StorageView.from_array(log_mel(clip, model.n_mels)[None]),
                [list(script.prompt)],
                beam_size=1,
                suppress_blank=False,
                suppress_tokens=[],
            )
        return script.reading(written.sequences_ids[0])


class _Converter(TransformersConverter):  # type: ignore[misc]  # ctranslate2 is untyped
    """Refuses what would be filled with random numbers."""

    def _load(self) -> Any:
        folder = Path(self._model_name_or_path)
        with translate({Exception: lambda error: unreadable(folder, error)}):
            return super()._load()

    def load_model(self, model_class: Any, folder: str, **wanted: Any) -> Any:
        model, report = model_class.from_pretrained(folder, output_loading_info=True, **wanted)
        refuse_incomplete(Path(folder), report)
        return model


def _copied(name: str, source: Path, target: Path) -> bool:
    """Copy a file, if it is there."""
    if not (source / name).is_file():
        return False
    shutil.copyfile(source / name, target / name)
    return True


def _tokenizer(source: Path) -> Tokenizer:
    """A checkpoint's tokenizer, made of `vocab.json` and `merges.txt` where it is older."""
    try:
        if (source / TOKENIZER).is_file():
            return Tokenizer.from_file(str(source / TOKENIZER))
        made: Tokenizer = WhisperTokenizerFast.from_pretrained(source).backend_tokenizer
    except Exception as error:
        raise ModelError(
            f"{source}: {TOKENIZER} cannot be read, or made of vocab.json and merges.txt: {error}",
            "copy these files from the model that it was trained from",
        ) from error
    return made


def _script(tokenizer: Tokenizer, *, multilingual: bool) -> Script:
    names = (START, *(IN_ENGLISH if multilingual else ()), WITHOUT_TIMES, END)
    numbers = {name: tokenizer.token_to_id(name) for name in names}
    if absent := [name for name, number in numbers.items() if number is None]:
        raise ModelError(f"its tokenizer has no {absent[0]}, as every Whisper's has")
    *prompt, end = numbers.values()
    return Script(tuple(prompt), end, tokenizer.decode)
