"""Real models, real recordings, and their truth."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from asrcore.domain.audio import Audio, Samples
from asrcore.domain.recording import Recording
from asrcore.plugin import Options, Placement
from asrcore.usecases.load import load_audio
from asrcore_adapters.pyav.source import PyavAudioSource

ROOT = Path(__file__).parents[2]
EVAL = ROOT / "tests" / "data" / "nano-eval"
JFK = ROOT / "examples" / "jfk.flac"


@dataclass(frozen=True)
class Clip:
    """A recording and what is said in it."""

    path: Path
    text: str
    family: str

    @property
    def samples(self) -> Samples:
        return np.asarray(read(self.path).samples)


def read(path: Path) -> Audio:
    return load_audio(PyavAudioSource(Options(), Placement()), Recording.of(path), print)


@pytest.fixture(scope="session")
def jfk() -> Clip:
    text = (
        "And so, my fellow Americans, ask not what your country can do for you, "
        "ask what you can do for your country."
    )
    return Clip(JFK, text, "human")


@pytest.fixture(scope="session")
def clips() -> list[Clip]:
    listed = json.loads((EVAL / "clips.json").read_text())
    return [Clip(EVAL / each["file"], each["text"], each["family"]) for each in listed]


@pytest.fixture(scope="session")
def meeting() -> Clip:
    """Two minutes of two voices."""
    truth = json.loads((EVAL / "meetings" / "meeting1.json").read_text())
    text = " ".join(turn["text"] for turn in truth["turns"])
    return Clip(EVAL / truth["file"], text, "meeting")


@pytest.fixture(scope="session")
def nano_whisper() -> Path:
    """The small Whisper in CTranslate2's layout, converted once by the engine's own tool."""
    folder = ROOT / ".cache" / "models" / "nano-whisper-ct2"
    if not (folder / "model.bin").is_file():
        subprocess.run(
            [
                Path(sys.executable).with_name("ct2-transformers-converter"),
                *("--model", ROOT / "models" / "nano-whisper"),
                *("--output_dir", folder, "--force", "--quantization", "int8"),
                *("--copy_files", "tokenizer.json", "preprocessor_config.json"),
            ],
            check=True,
            capture_output=True,
        )
    return folder


@pytest.fixture(scope="session")
def normalize() -> Callable[[str], str]:
    """Lower case, letters and apostrophes only: what word error rates here are counted on."""

    def plain(text: str) -> str:
        return " ".join(re.sub(r"[^a-z'\s]", "", text.lower().replace("-", " ")).split())

    return plain
