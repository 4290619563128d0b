"""Real models, real recordings, and their truth."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE, Audio, Samples
from asrcore.domain.recording import Recording
from asrcore.plugin import Options, Placement
from asrcore.usecases.load import load_audio
from asrcore_adapters.pyav.source import PyavAudioSource

ROOT = Path(__file__).parents[2]
SETS = ROOT / "tests" / "data" / "synthetic"
JFK = ROOT / "examples" / "jfk.flac"


@dataclass(frozen=True)
class Clip:
    """A recording and what is said in it; `voices` are the synthetic speakers' names."""

    path: Path
    text: str
    voices: tuple[str, ...] = ()

    @classmethod
    def of(cls, truth: Path) -> "Clip":
        """The recording that a truth file describes, see docs/truth.md."""
        document = json.loads(truth.read_text(encoding="utf-8"))
        about = document["truth"]
        text = " ".join(segment["text"] for segment in document["segments"])
        return cls(truth.parent / about["audio"], text, tuple(about["voices"].values()))

    @property
    def samples(self) -> Samples:
        return np.asarray(read(self.path).samples)

    @property
    def truth(self) -> dict[str, Any]:
        return json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))


def read(path: Path) -> Audio:
    return load_audio(PyavAudioSource(Options(), Placement()), Recording.of(path), print)


@pytest.fixture(scope="session")
def jfk() -> Clip:
    text = (
        "And so, my fellow Americans, ask not what your country can do for you, "
        "ask what you can do for your country."
    )
    return Clip(JFK, text)


def clips_of(folder: str) -> list[Clip]:
    """A truth set in order of its names."""
    return [Clip.of(truth) for truth in sorted((SETS / folder).glob("*.json"))]


@pytest.fixture(scope="session")
def seen() -> list[Clip]:
    """Sentences by natural voices that the small models know; the sentences are new to them."""
    return clips_of("seen")


@pytest.fixture(scope="session")
def clips(seen: list[Clip]) -> list[Clip]:
    """Single sentences: by known voices first, then by voices the small models never heard."""
    return [*seen, *clips_of("short")]


@pytest.fixture(scope="session")
def babble() -> Clip:
    """Speech among other voices that together are nearly as loud."""
    return Clip.of(SETS / "hard" / "babble-05.json")


@pytest.fixture(scope="session")
def hard_sounds(babble: Clip) -> list[Samples]:
    """What the small Whisper gets wrong: a voice it does not know, in noise; a crowd."""
    noise = np.random.default_rng(0)
    clips = [clip for clip in clips_of("short") if "kal" in clip.voices[0]][:6]
    noisy = [
        (samples + noise.normal(0, 0.05, len(samples))).astype(np.float32)
        for samples in (clip.samples for clip in clips)
    ]
    return [*noisy, babble.samples[: 25 * SAMPLE_RATE]]


@pytest.fixture(scope="session")
def meeting() -> Clip:
    """Two and a half minutes of two voices."""
    return Clip.of(SETS / "meetings" / "two-apart.json")


@pytest.fixture(scope="session")
def nano_checkpoint() -> Path:
    """The small Whisper in Hugging Face's layout."""
    return ROOT / "models" / "nano-whisper"


@pytest.fixture(scope="session")
def nano_whisper(nano_checkpoint: Path) -> Path:
    """The small Whisper in CTranslate2's layout; made by `make models`, or now."""
    folder = ROOT / ".cache" / "models" / "nano-whisper-ct2"
    if not _made_since(folder / "model.bin", nano_checkpoint):
        convert(nano_checkpoint, "ctranslate2", "int8", folder, "--no-check")
    return folder


@pytest.fixture(scope="session")
def nano_whisper_mlx(nano_checkpoint: Path) -> Path:
    """The small Whisper in MLX's layout; made by `make models`, or now."""
    folder = ROOT / ".cache" / "models" / "nano-whisper-mlx"
    if not _made_since(folder / "weights.safetensors", nano_checkpoint):
        convert(nano_checkpoint, "mlx", "float16", folder)
    return folder


def convert(source: Path, to: str, number_format: str, folder: Path, *more: str) -> None:
    """Convert a Whisper in a process of its own, as a user does."""
    command = [sys.executable, "-m", "asrcore_cli", "models", "convert", source, "--to", to]
    command += ["--quantize", number_format, "--output", folder, "--force", *more]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="session")
def nano_wav2vec2() -> Path:
    """The small CTC model."""
    return ROOT / "models" / "nano-wav2vec2"


@pytest.fixture(scope="session")
def nano_speakers() -> Path:
    """The small pyannote pipeline."""
    return ROOT / "models" / "nano-speakers"


@pytest.fixture(scope="session")
def nano_speakers_onnx() -> dict[str, str]:
    """The options of sherpa-onnx for the small models in ONNX."""
    folder = ROOT / "models" / "nano-speakers-onnx"
    return {name: str(folder / f"{name}.onnx") for name in ("segmentation", "embedding")}


def _made_since(made: Path, sources: Path) -> bool:
    newest = max(path.stat().st_mtime for path in sources.iterdir())
    return made.is_file() and made.stat().st_mtime >= newest


@pytest.fixture(scope="session")
def normalize() -> Callable[[str], str]:
    """Lower case, letters and apostrophes only: what word error rates here are counted on."""

    def plain(text: str) -> str:
        return " ".join(re.sub(r"[^a-z'\s]", "", text.lower().replace("-", " ")).split())

    return plain
