"""A loaded model on its device: sound in, log-probabilities out, the same in any batch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from asrcore.domain.alignment.emissions import Emissions
from asrcore.domain.audio import Samples
from asrcore_adapters.wav2vec2.network import Collect, Network
from asrcore_adapters.wav2vec2.over_torch.checkpoint import Checkpoint

FORWARD = Lock()
"""Of the whole process, as is the switch that a forward pass turns."""
STEP = 8000
"""Samples: on CUDA sound is padded to a multiple of this, so that shapes come again."""


class TorchNetwork(Network):
    """transformers' layers, called one by one."""

    def __init__(self, checkpoint: Checkpoint, device: str, dtype: torch.dtype) -> None:
        super().__init__(checkpoint.description, str(dtype).removeprefix("torch."))
        self._model = checkpoint.model.to(device, dtype)
        self._device, self._dtype = torch.device(device), dtype

    @property
    def overlaps(self) -> bool:
        """So it is on CUDA."""
        return self._device.type == "cuda"

    @torch.inference_mode()
    def start(self, stretches: Sequence[Samples]) -> Collect:
        """Begin with a batch; one thread after the other."""
        counts = [self.frames(len(samples)) for samples in stretches]
        with FORWARD, _exact_float32():
            logits = self._logits(self._heard(stretches, counts), counts)
        log_probs = torch.log_softmax(logits.float(), dim=-1)
        stored = log_probs.to("cpu", non_blocking=self.overlaps)
        done = self._record()

        def collect() -> list[Emissions]:
            if done is not None:
                done.synchronize()
            return self.answers(stored.numpy(), stretches)

        return collect

    def _heard(self, stretches: Sequence[Samples], counts: Sequence[int]) -> torch.Tensor:
        """What the convolutions make of the stretches, shape (stretches, frames, channels).

        On CUDA they go together, since cuDNN plans each new shape for milliseconds; elsewhere one
        by one, which keeps them in a CPU's caches.
        """
        if self.overlaps:
            return self._hear(stretches)[:, : max(counts)]
        return pad_sequence([self._hear([each])[0] for each in stretches], batch_first=True)

    def _hear(self, stretches: Sequence[Samples]) -> torch.Tensor:
        first, *others = self._model.wav2vec2.feature_extractor.conv_layers
        lengths = [len(samples) for samples in stretches]
        hidden = self._first(first, self._sound(stretches), lengths)
        for layer in others:
            hidden = layer(hidden)
        return hidden.transpose(1, 2)

    def _first(self, layer: Any, sound: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """The first layer, whose group norm, if it has one, must not hear padding."""
        padded = min(lengths) < sound.shape[-1]
        if not (padded and self._model.config.feat_extract_norm == "group"):
            return torch.as_tensor(layer(sound))
        hidden: torch.Tensor = layer.conv(sound)
        for row, length in zip(hidden, lengths, strict=True):
            own = row[None, :, : self.frames(length, layers=1)]
            own.copy_(layer.layer_norm(own))
        return torch.as_tensor(layer.activation(hidden))

    def _sound(self, stretches: Sequence[Samples]) -> torch.Tensor:
        """The normalised samples, zeros behind short ones, shape (stretches, 1, samples)."""
        longest = max(len(samples) for samples in stretches)
        if self.overlaps:
            longest = math.ceil(longest / STEP) * STEP
        sound = torch.zeros(len(stretches), 1, longest, pin_memory=self.overlaps)
        for row, samples in zip(sound.numpy(), stretches, strict=True):
            row[0, : len(samples)] = self._description.prepared(samples)
        return sound.to(self._device, non_blocking=self.overlaps).to(self._dtype)

    def _logits(self, heard: torch.Tensor, counts: Sequence[int]) -> Any:
        hidden, _ = self._model.wav2vec2.feature_projection(heard)
        encoded = self._model.wav2vec2.encoder(hidden, attention_mask=self._mask(counts))[0]
        return self._model.lm_head(encoded)

    def _mask(self, counts: Sequence[int]) -> torch.Tensor | None:
        """True where a frame is real, shape (stretches, frames); None where all are."""
        if min(counts) == max(counts):
            return None
        lengths = torch.tensor(counts)[:, None]
        return (torch.arange(max(counts)) < lengths).to(self._device)

    def _record(self) -> Any:
        """An event behind all that the device was given; None where it does not overlap."""
        stream: Any = torch.cuda.current_stream(self._device) if self.overlaps else None
        return stream and stream.record_event()


@contextmanager
def _exact_float32() -> Iterator[None]:
    """Without TF32, which convolutions take by default and which a batch's shape decides on."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
