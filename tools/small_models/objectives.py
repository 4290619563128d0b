"""What each model is trained for."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tools.small_models.augmentation import Augmentation, render
from tools.small_models.batches import Batch
from tools.small_models.characters import BLANK, LABELS
from tools.small_models.features import LogMel
from tools.small_models.lines import frames
from tools.small_models.training import Speech
from tools.small_models.whisper_net import Whisper
from tools.synthetic.speech import SAMPLE_RATE

GUIDANCE, ONSETS = 0.5, 0.15
"""Weights of the known times beside CTC."""
HELP_UNTIL = 0.8
"""The encoder's helper fades out until this much of the training is over."""


class WhisperObjective:
    """Cross-entropy of the next token, and the helper on the encoder while it lasts."""

    def __init__(self, net: Whisper, device: str, *, compiled: bool) -> None:
        self._net, self._device = net, device
        self._encoder = _compiled(net.encoder, compiled)
        self._decoder = _compiled(net.decoder, compiled)
        self._augment, self._features = Augmentation(device), LogMel(device)

    def __call__(self, batch: Batch, speech: Speech, progress: float) -> dict[str, Tensor]:
        """The losses of one batch by name."""
        windows, samples = len(batch.ends), int(batch.seconds * SAMPLE_RATE)
        with torch.no_grad():
            waves = self._augment(render(speech.samples, batch.rows, windows, samples))
            features = self._features.masked(self._features(waves))
        inputs, targets = (_on(each, self._device) for each in (batch.inputs, batch.targets))
        with torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            heard = self._encoder(features)
            hidden = self._decoder(inputs, heard)
            learnt = targets >= 0
            logits = self._net.logits(hidden[learnt])
            helper = self._net.ctc(heard).float()
        text = F.cross_entropy(logits, targets[learnt])
        right = (logits.argmax(1) == targets[learnt]).float().mean()
        help_ = max(0.0, 1 - progress / HELP_UNTIL) * 0.5
        if not help_:
            return {"loss": text, "text": text, "right": right}
        log_probs = F.log_softmax(helper, -1)
        ctc = ctc_loss(log_probs, batch, torch.full((windows,), log_probs.shape[1]))
        guided = guidance_loss(log_probs, batch)
        loss = text + help_ * (ctc + guided)
        return {"loss": loss, "text": text, "right": right, "ctc": ctc, "guidance": guided}


class CtcObjective:
    """CTC, guided by the known times; a little weight on words' onsets keeps labels punctual."""

    def __init__(self, net: nn.Module, device: str, *, compiled: bool) -> None:
        self._net, self._device = net, device
        self._body = _compiled(net.wav2vec2, compiled)
        self._augment = Augmentation(device)

    def __call__(self, batch: Batch, speech: Speech, progress: float) -> dict[str, Tensor]:
        """The losses of one batch by name."""
        lines, samples = len(batch.ends), int(batch.seconds * SAMPLE_RATE)
        with torch.no_grad():
            waves = self._augment(render(speech.samples, batch.rows, lines, samples))
            waves = _normalised(waves, _on(batch.ends, self._device))
        with torch.autocast(self._device, torch.bfloat16, enabled=self._device == "cuda"):
            heard = self._body(waves).last_hidden_state
            logits = self._net.lm_head(self._net.dropout(heard)).float()
        log_probs = F.log_softmax(logits, -1)
        lengths = torch.tensor([frames(seconds) for seconds in batch.ends])
        ctc = ctc_loss(log_probs, batch, lengths.clamp(max=log_probs.shape[1]))
        guided, onsets = guidance_loss(log_probs, batch), onset_loss(log_probs, batch)
        loss = ctc + GUIDANCE * guided + ONSETS * onsets
        return {"loss": loss, "ctc": ctc, "guidance": guided, "onsets": onsets}


def ctc_loss(log_probs: Tensor, batch: Batch, lengths: Tensor) -> Tensor:
    """CTC (Graves et al., 2006) a label, so that long texts weigh no more than short ones."""
    device = log_probs.device
    labels, counts = _on(batch.labels, str(device)), _on(batch.lengths, str(device))
    found = F.ctc_loss(
        log_probs.transpose(0, 1), labels, lengths.to(device), counts,
        blank=BLANK, reduction="none", zero_infinity=True,
    )  # fmt: skip
    return (found / (counts + 5)).mean()


def guidance_loss(log_probs: Tensor, batch: Batch) -> Tensor:
    """How much probability each frame gives to labels that cannot sound there."""
    allowed = _on(batch.allowed, str(log_probs.device))[:, : log_probs.shape[1]]
    bits = torch.arange(len(LABELS), device=log_probs.device)
    may = ((allowed.unsqueeze(-1) >> bits) & 1).bool()
    return -log_probs.masked_fill(~may, -1e4).logsumexp(-1).mean()


def onset_loss(log_probs: Tensor, batch: Batch) -> Tensor:
    """How unlikely each word's first label is in the frame in which the word begins."""
    line, frame, label = _on(batch.onsets, str(log_probs.device)).unbind(1)
    inside = frame < log_probs.shape[1]
    return -log_probs[line[inside], frame[inside], label[inside]].clamp(min=-8).mean()


def _compiled(module: nn.Module, wanted: bool) -> Callable[..., Tensor]:
    return torch.compile(module, dynamic=False) if wanted else module


def _on(array: object, device: str) -> Tensor:
    return torch.as_tensor(array, device=device)


def _normalised(waves: Tensor, ends: Tensor) -> Tensor:
    """Zero mean and unit variance over what counts, zero beyond: wav2vec2's own extractor."""
    samples = (ends * SAMPLE_RATE).view(-1, 1)
    counts = (torch.arange(waves.shape[1], device=waves.device) < samples).float()
    length = counts.sum(1, keepdim=True)
    waves = waves * counts
    mean = waves.sum(1, keepdim=True) / length
    variance = ((waves - mean) ** 2 * counts).sum(1, keepdim=True) / length
    return (waves - mean) / torch.sqrt(variance + 1e-7) * counts
