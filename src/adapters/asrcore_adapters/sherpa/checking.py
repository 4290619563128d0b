"""Whether sherpa-onnx can use a model: it ends the process where one is not as it expects.

Source: `offline-speaker-segmentation-pyannote-model.cc`, `speaker-embedding-extractor-impl.cc`
and their neighbours in k2-fsa/sherpa-onnx; what is read there without a check is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.errors import ModelError, translate

SEGMENTATION = (
    *("sample_rate", "window_size", "receptive_field_size", "receptive_field_shift"),
    *("num_speakers", "powerset_max_classes", "num_classes"),
)
WAVE_EMBEDDING = ("output_dim", "sample_rate")
NEMO_EMBEDDING = (*WAVE_EMBEDDING, "feat_dim", "window_size_ms", "window_stride_ms")
NORMALIZATION = {"wespeaker": "global-mean", "3d-speaker": "global-mean", "nemo": "per_feature"}
"""Who trained an embedding -> how its features may be normalised."""
FEATURES = 80
"""Mel bands that WeSpeaker's and 3D-Speaker's models hear."""
LEAST_SAMPLES = 400
"""Samples below which there is no frame to tell a voice by."""
LEAST_FRAMES = 10
"""Frames that one speaks for in a window, at least, if his voice is asked for."""
TRIAL_FRAMES = 112
"""Frames of the trial; NeMo's models take multiples of 16."""


@dataclass(frozen=True)
class _Model:
    """A model that onnxruntime can read."""

    path: Path
    session: onnxruntime.InferenceSession
    facts: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> _Model:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        with translate(
            {Exception: lambda error: _refusal(path, f"it is no ONNX model: {_short(error)}")}
        ):
            session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            return cls(path, session, session.get_modelmeta().custom_metadata_map)

    def number(self, name: str) -> int:
        """What its metadata say under a name, which has to be a positive integer."""
        value = self.facts.get(name, "")
        if not value.isdecimal() or int(value) < 1:
            what = f"{name} is {value!r}" if value else f"{name} is missing"
            raise _refusal(self.path, f"its metadata are none of sherpa-onnx's: {what}")
        return int(value)

    def tried(self, *inputs: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """What it answers to inputs that sherpa-onnx would give it."""
        with translate(
            {Exception: lambda error: _refusal(self.path, f"it does not run: {_short(error)}")}
        ):
            names = [each.name for each in self.session.get_inputs()]
            answers = self.session.run(None, dict(zip(names, inputs, strict=True)))
            return [np.asarray(answer) for answer in answers]


def check_segmentation(path: Path) -> int:
    """The window of a segmentation model in samples, after a look at all that sherpa relies on.

    Raises:
        ModelError: sherpa-onnx could not use it.
    """
    model = _Model.read(path)
    if "framework" in model.facts:
        raise _refusal(path, "it is an embedding model", swapped=True)
    facts = {name: model.number(name) for name in SEGMENTATION}
    if facts["sample_rate"] != SAMPLE_RATE:
        raise _refusal(path, f"it hears {facts['sample_rate']} Hz, not {SAMPLE_RATE}")
    window = facts["window_size"]
    frames, classes = _shape(model, model.tried(np.zeros((1, 1, window), np.float32))[0], 3)
    if classes != facts["num_classes"] or classes != _powerset(facts):
        raise _refusal(path, f"it answers {classes} classes, which are not its speakers'")
    fits = frames <= window // facts["receptive_field_shift"] + 1
    if not fits or window * LEAST_FRAMES < LEAST_SAMPLES * frames:
        raise _refusal(path, f"it answers {frames} frames to {window} samples")
    return window


def check_embedding(path: Path) -> None:
    """A look at all that sherpa-onnx relies on in an embedding model.

    Raises:
        ModelError: sherpa-onnx could not use it.
    """
    model = _Model.read(path)
    if "powerset_max_classes" in model.facts:
        raise _refusal(path, "it is a segmentation model", swapped=True)
    framework = model.facts.get("framework", "")
    if framework not in NORMALIZATION:
        what = f"framework is {framework!r}" if framework else "framework is missing"
        raise _refusal(path, f"its metadata are none of sherpa-onnx's: {what}")
    if model.facts.get("feature_normalize_type", "") not in ("", NORMALIZATION[framework]):
        raise _refusal(path, f"it normalises by {model.facts['feature_normalize_type']}")
    _check_texts(model, () if framework == "nemo" else ("normalize_samples",))
    dimension = model.number("output_dim")
    answer = _embedded_by_nemo(model) if framework == "nemo" else _embedded(model)
    if _shape(model, answer, 2) != (dimension,):
        raise _refusal(path, f"its answer is of shape {answer.shape}, not (1, {dimension})")


def _embedded(model: _Model) -> NDArray[np.float32]:
    for name in WAVE_EMBEDDING:
        model.number(name)
    return model.tried(np.zeros((1, TRIAL_FRAMES, FEATURES), np.float32))[0]


def _embedded_by_nemo(model: _Model) -> NDArray[np.float32]:
    facts = {name: model.number(name) for name in NEMO_EMBEDDING}
    features = np.zeros((1, facts["feat_dim"], TRIAL_FRAMES), np.float32)
    answers = model.tried(features, np.array([TRIAL_FRAMES], np.int64))
    if len(answers) < 2:
        raise _refusal(model.path, "it answers no embedding")
    return answers[1]


def _check_texts(model: _Model, more: tuple[str, ...]) -> None:
    for name in ("language", *more):
        if not model.facts.get(name):
            raise _refusal(model.path, f"its metadata are none of sherpa-onnx's: {name} is missing")


def _powerset(facts: Mapping[str, int]) -> int:
    """Silence, each speaker alone, and each pair where two are heard at once."""
    speakers = facts["num_speakers"]
    pairs = speakers * (speakers - 1) // 2
    return 1 + speakers + {1: 0, 2: pairs}.get(facts["powerset_max_classes"], -speakers)


def _shape(model: _Model, answer: NDArray[np.float32], rank: int) -> tuple[int, ...]:
    """The answer's shape behind the batch."""
    if answer.ndim != rank or answer.dtype != np.float32:
        raise _refusal(model.path, f"its answer is {answer.dtype} of shape {answer.shape}")
    return answer.shape[1:]


def _refusal(path: Path, why: str, *, swapped: bool = False) -> ModelError:
    hint = (
        "diarizer.options.segmentation and .embedding are swapped"
        if swapped
        else "take a model that sherpa-onnx published, or leave the option to its default"
    )
    return ModelError(f"{path} cannot be used: {why}", hint)


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
