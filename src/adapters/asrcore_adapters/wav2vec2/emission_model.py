"""The emission model on any engine: a model a language, loaded when first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Lock

from asrcore.domain.alignment.emissions import Alphabet, Emissions
from asrcore.domain.audio import SAMPLE_RATE, Samples
from asrcore.domain.capabilities import AlignerCapabilities
from asrcore.errors import ModelError, translate
from asrcore_adapters.common.hub import ModelFiles, locate_model
from asrcore_adapters.wav2vec2 import Wav2Vec2Options
from asrcore_adapters.wav2vec2.batching import batches
from asrcore_adapters.wav2vec2.failures import cannot_align, failed, not_loaded
from asrcore_adapters.wav2vec2.languages import languages, model_for
from asrcore_adapters.wav2vec2.network import Collect, Network
from asrcore_adapters.wav2vec2.paths import refuse_absent_folders

FILES = ModelFiles(
    kind="wav2vec2 model of transformers",
    needed=("config.json", "preprocessor_config.json", "vocab.json"),
    weights=("model*.safetensors", "pytorch_model*.bin"),
    settings="aligner.options",
)


class CtcEmissionModel(ABC):
    """Fine-tuned wav2vec2 models; languages that share one share its memory.

    An engine says how a network is made, and how its memory is given back.

    Args:
        options: which model for which language.
        usual_seconds: of sound at once where the options name none.

    Raises:
        ModelError: a model of the options is a folder that is not there.
    """

    def __init__(self, options: Wav2Vec2Options, usual_seconds: float) -> None:
        refuse_absent_folders(options)
        self._options = options
        self._batch_seconds = options.batch_seconds or usual_seconds
        self._networks: dict[str, Network] = {}
        self._loading = Lock()

    @abstractmethod
    def _made(self, folder: Path) -> Network:
        """The network in a folder, on its device."""

    @abstractmethod
    def _free(self) -> None:
        """Give back what the engine keeps of networks that are gone."""

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

        On a GPU the next group is under way when the answers of one are handed out.
        """
        if not batch:
            return iter(())
        return self._computed(self._network(language), batch)

    def close(self) -> None:
        """Free all models."""
        self._networks.clear()
        self._free()

    def _network(self, language: str | None) -> Network:
        name = model_for(language, self._options)
        with self._loading:
            if name not in self._networks:
                self._networks[name] = self._load(name)
            return self._networks[name]

    def _load(self, name: str) -> Network:
        folder = locate_model(name, FILES, self._options)
        with translate({Exception: partial(not_loaded, name)}):
            try:
                return self._made(folder)
            except ModelError as error:
                raise cannot_align(name, error) from error

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
            with translate({Exception: partial(failed, at_once=stretches)}):
                under_way.append((indices, network.start(stretches)))
            if len(under_way) > network.overlaps:
                yield from _collected(*under_way.popleft())
        for indices, collect in under_way:
            yield from _collected(indices, collect)


def _collected(indices: Sequence[int], collect: Collect) -> Iterator[tuple[int, Emissions]]:
    with translate({Exception: failed}):
        answers = collect()
    return zip(indices, answers, strict=True)
