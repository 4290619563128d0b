"""The emission model over transformers: a model a language, loaded when first asked for."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from threading import Lock
from types import MappingProxyType

import torch

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.errors import (
    AsrError,
    ConfigError,
    EngineError,
    ModelError,
    OutOfMemoryError,
    is_out_of_memory,
    translate,
)
from asrcore.plugin import Placement
from asrcore_adapters.common.hub import ModelFiles, locate_model
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.batching import batches
from asrcore_adapters.wav2vec2.checkpoint import load_checkpoint
from asrcore_adapters.wav2vec2.languages import languages, model_for
from asrcore_adapters.wav2vec2.network import Collect, Network
from asrcore_adapters.wav2vec2.paths import refuse_absent_folders

# torch's CPU convolutions keep what they prepared for the last 1024 shapes; every stretch of sound
# has its own, which comes to gigabytes. The user's own setting counts more.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

COMPUTE_TYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
)
FILES = ModelFiles(
    kind="wav2vec2 model of transformers",
    needed=("config.json", "preprocessor_config.json", "vocab.json"),
    weights=("model*.safetensors", "pytorch_model*.bin"),
    settings="aligner.options",
)
CPU_BATCH, OTHER_BATCH = 16.0, 120.0
"""Seconds of sound at once where the options name none."""


class Wav2Vec2EmissionModel:
    """Fine-tuned wav2vec2 models; languages that share one share its memory.

    Raises:
        ConfigError: the compute type is none that torch has for these models.
        ModelError: a model of the options is a folder that is not there.
    """

    def __init__(self, options: Wav2Vec2Options, placement: Placement) -> None:
        refuse_absent_folders(options)
        self._options = options
        self._device = placement.device
        usual = CPU_BATCH if self._device == "cpu" else OTHER_BATCH
        self._batch_seconds = options.batch_seconds or usual
        self._dtype = _dtype(placement.compute_type or "float32")
        self._networks: dict[str, Network] = {}
        self._loading = Lock()

    @property
    def capabilities(self) -> AlignerCapabilities:
        """Every language that has a model, down to single characters."""
        return AlignerCapabilities(languages(self._options), characters=True)

    def alphabet(self, language: str | None) -> Alphabet:
        """The labels of a language's model, which is loaded if need be."""
        return self._network(language).alphabet

    def emissions(
        self, batch: Sequence[Samples], language: str | None
    ) -> Iterator[tuple[int, Emissions]]:
        """Each stretch's index and emissions, the longest first.

        On CUDA the next group is under way when the answers of one are handed out.
        """
        if not batch:
            return iter(())
        return self._computed(self._network(language), batch)

    def close(self) -> None:
        """Free all models."""
        self._networks.clear()
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _network(self, language: str | None) -> Network:
        name = model_for(language, self._options)
        with self._loading:
            if name not in self._networks:
                self._networks[name] = self._load(name)
            return self._networks[name]

    def _load(self, name: str) -> Network:
        folder = locate_model(name, FILES, self._options)
        with translate({Exception: lambda error: _not_loaded(name, error)}):
            try:
                checkpoint = load_checkpoint(folder)
            except ModelError as error:
                hint = error.hint or "name another with --set aligner.options.model=HUB_ID"
                raise ModelError(f"model {name} cannot align: {error.message}", hint) from error
            return Network(checkpoint, self._device, self._dtype)

    def _computed(
        self, network: Network, batch: Sequence[Samples]
    ) -> Iterator[tuple[int, Emissions]]:
        sounding = [i for i, samples in enumerate(batch) if network.frames(len(samples))]
        yield from ((i, network.nothing()) for i in set(range(len(batch))).difference(sounding))
        lengths = [len(batch[i]) for i in sounding]
        under_way: deque[tuple[list[int], Collect]] = deque()
        for group in batches(lengths, self._batch_seconds * SAMPLE_RATE):
            indices = [sounding[position] for position in group]
            stretches = [batch[i] for i in indices]
            with translate({Exception: partial(_failed, at_once=stretches)}):
                under_way.append((indices, network.start(stretches)))
            if len(under_way) > network.overlaps:
                yield from _collected(*under_way.popleft())
        for indices, collect in under_way:
            yield from _collected(indices, collect)


def _collected(indices: Sequence[int], collect: Collect) -> Iterator[tuple[int, Emissions]]:
    with translate({Exception: _failed}):
        answers = collect()
    return zip(indices, answers, strict=True)


def _failed(error: Exception, at_once: Sequence[Samples] = ()) -> AsrError:
    if is_out_of_memory(error):
        message = f"wav2vec2 ran out of memory: {error}"
        return OutOfMemoryError(message, _less_memory(at_once))
    return EngineError(f"wav2vec2 failed: {error}", _remedy(str(error)))


def _less_memory(at_once: Sequence[Samples]) -> str:
    if len(at_once) < 2:
        return "take another device or a smaller model for it: --set aligner.device=cpu"
    less = len(at_once) * len(at_once[0]) / SAMPLE_RATE / 2
    return f"align less at once: --set aligner.options.batch_seconds={less:.3g}"


def _dtype(compute_type: str) -> torch.dtype:
    try:
        return COMPUTE_TYPES[compute_type]
    except KeyError:
        known = ", ".join(COMPUTE_TYPES)
        raise ConfigError(
            f"aligner.compute_type: wav2vec2 computes in {known}, not in {compute_type}",
            "name one of them: --set aligner.compute_type=float32",
        ) from None


def _not_loaded(name: str, error: Exception) -> AsrError:
    if is_out_of_memory(error):
        hint = "take the CPU for it: --set aligner.device=cpu"
        return OutOfMemoryError(f"there is no memory for model {name}: {error}", hint)
    return ModelError(f"model {name} cannot be loaded: {error}", _remedy(str(error)))


def _remedy(message: str) -> str:
    text = message.lower()
    if "cuda" in text or "nvidia" in text or "mps" in text:
        return "use the CPU for it: --set aligner.device=cpu"
    return ""
