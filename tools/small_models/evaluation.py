"""What the models can do: every engine on the truth sets, and the CTC model's times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import jiwer
import numpy as np
import torch
from whisper_normalizer.english import EnglishTextNormalizer

from tools.small_models.characters import BLANK, LABELS, SEPARATOR
from tools.small_models.guidance import FRAME
from tools.small_models.lines import CENTRE
from tools.small_models.vocabulary import NO_TIMESTAMPS, START
from tools.synthetic.speech import SAMPLE_RATE

Transcribe = Callable[[np.ndarray], str]


@dataclass(frozen=True)
class Sample:
    """A recording and its truth.

    Attributes:
        name: file name without extension.
        samples: shape (n,), float32, 16 kHz.
        truth: the JSON beside it, see `docs/truth.md`.
    """

    name: str
    samples: np.ndarray
    truth: dict

    @property
    def text(self) -> str:
        """What is said, as written."""
        return " ".join(segment["text"] for segment in self.truth["segments"])

    @property
    def spoken(self) -> str:
        """What is said, in plain words."""
        return " ".join(each.get("spoken", each["text"]) for each in self.truth["segments"])

    @property
    def voices(self) -> str:
        """Who speaks."""
        return " ".join(sorted(self.truth["truth"]["voices"].values()))


def samples(folder: Path) -> Iterator[Sample]:
    """A truth set's recordings in order of their names."""
    for path in sorted(folder.glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        yield Sample(path.stem, decoded(folder / truth["truth"]["audio"]), truth)


def decoded(path: Path) -> np.ndarray:
    """All samples of a sound file."""
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0), None]
        parts = [part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)]
    return np.concatenate(parts)


def engines(models: Path, converted: Path) -> dict[str, Transcribe]:
    """Greedy decoding of one window by each engine, without timestamps.

    Args:
        models: folder that holds `nano-whisper`.
        converted: folder that holds `nano-whisper-ct2` and `nano-whisper-mlx`.
    """
    return {
        "transformers": _transformers(models / "nano-whisper"),
        "CTranslate2": _ctranslate2(converted / "nano-whisper-ct2", models / "nano-whisper"),
        "MLX": _mlx(converted / "nano-whisper-mlx"),
    }


def _transformers(model: Path) -> Transcribe:
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    network = WhisperForConditionalGeneration.from_pretrained(model, torch_dtype=torch.float32)
    processor = WhisperProcessor.from_pretrained(model)

    def transcribe(samples: np.ndarray) -> str:
        given = processor(
            samples, sampling_rate=SAMPLE_RATE, return_tensors="pt", return_attention_mask=True
        )
        tokens = network.generate(given.input_features, attention_mask=given.attention_mask)
        return processor.decode(tokens[0], skip_special_tokens=True).strip()

    return transcribe


def _ctranslate2(model: Path, source: Path) -> Transcribe:
    """On the features that transformers extracts.

    faster-whisper's own differ behind the end of the sound, where it pads features, not sound.
    """
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper
    from transformers import WhisperProcessor

    loaded = Whisper(str(model), compute_type="float32")
    processor = WhisperProcessor.from_pretrained(source)

    def transcribe(samples: np.ndarray) -> str:
        given = processor(samples, sampling_rate=SAMPLE_RATE, return_tensors="np").input_features
        features = StorageView.from_array(np.ascontiguousarray(given, np.float32))
        (found,) = loaded.generate(features, [[START, NO_TIMESTAMPS]], beam_size=1)
        return processor.decode(found.sequences_ids[0], skip_special_tokens=True).strip()

    return transcribe


def _mlx(model: Path) -> Transcribe:
    import mlx.core as mx
    from mlx_whisper.audio import N_FRAMES, log_mel_spectrogram, pad_or_trim
    from mlx_whisper.decoding import DecodingOptions, decode
    from mlx_whisper.load_models import load_model

    loaded = load_model(str(model), dtype=mx.float32)
    options = DecodingOptions(language="en", without_timestamps=True, fp16=False)

    def transcribe(samples: np.ndarray) -> str:
        mel = pad_or_trim(log_mel_spectrogram(samples, padding=N_FRAMES * 160), N_FRAMES, axis=-2)
        return decode(loaded, mel, options).text.strip()

    return transcribe


def long_form(converted: Path, *, conditioned: bool) -> Transcribe:
    """A whole recording, window after window, by faster-whisper as it comes.

    Args:
        conditioned: whether the text of one window stands before the next.
    """
    from faster_whisper import WhisperModel

    model = str(converted / "nano-whisper-ct2")
    loaded = WhisperModel(model, device="cpu", compute_type="float32", local_files_only=True)

    def transcribe(samples: np.ndarray) -> str:
        segments, _ = loaded.transcribe(
            samples, language="en", condition_on_previous_text=conditioned
        )
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Pooled, both sides as Whisper's English normaliser writes them."""
    normal = EnglishTextNormalizer()
    return jiwer.wer([normal(each) for each in references], [normal(each) for each in hypotheses])


@dataclass(frozen=True)
class CtcFindings:
    """What the CTC model does on one recording.

    Attributes:
        reference, hypothesis: plain words, upper case.
        deviations: shape (words,), seconds: aligned minus true word start. A frame counts from the
            middle of what it sees, 2.5 ms after its place on the grid; no lag is taken out.
    """

    reference: str
    hypothesis: str
    deviations: np.ndarray


class Ctc:
    """The CTC model: greedy text, and forced alignment of the true text."""

    def __init__(self, model: Path) -> None:
        from transformers import Wav2Vec2ForCTC, Wav2Vec2Processor

        self._network = Wav2Vec2ForCTC.from_pretrained(model, torch_dtype=torch.float32).eval()
        self._processor = Wav2Vec2Processor.from_pretrained(model)

    def measure(self, sample: Sample) -> CtcFindings:
        """Greedy text and word starts of one recording."""
        from torchaudio.functional import forced_align

        given = self._processor(sample.samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        with torch.no_grad():
            log_probs = self._network(given.input_values).logits.log_softmax(-1)
        greedy = self._processor.batch_decode(log_probs.argmax(-1))[0]
        words = _plain(sample.spoken).split()
        labels = [LABELS.index("|" if letter == " " else letter) for letter in " ".join(words)]
        path, _ = forced_align(log_probs, torch.tensor([labels]), blank=BLANK)
        starts = _word_starts(path[0].numpy()) * FRAME - CENTRE
        return CtcFindings(" ".join(words), greedy, _against_truth(starts, sample))


def _plain(text: str) -> str:
    kept = "".join(letter if letter.isalpha() or letter in "' " else " " for letter in text)
    return " ".join(kept.upper().split())


def _word_starts(path: np.ndarray) -> np.ndarray:
    """The frame of each word's first label."""
    starts, expected = [], True
    for frame, label in enumerate(path):
        if label == SEPARATOR:
            expected = True
        elif label != BLANK and expected:
            starts.append(frame)
            expected = False
    return np.array(starts)


def _against_truth(starts: np.ndarray, sample: Sample) -> np.ndarray:
    """Deviations of the words' starts.

    Sentences with words that are said as several (`$25`) are left out: their parts have no times.
    """
    deviations, spoken = [], 0
    for segment in sample.truth["segments"]:
        parts = _plain(segment.get("spoken", segment["text"])).split()
        if len(parts) == len(segment["words"]):
            found = starts[spoken : spoken + len(parts)]
            deviations += [
                at - word["start"] for at, word in zip(found, segment["words"], strict=True)
            ]
        spoken += len(parts)
    return np.array(deviations)
