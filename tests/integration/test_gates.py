"""The whole pipeline through each backend, on recordings whose truth is known exactly."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from asrcore import Engine
from asrcore.plugin import GROUPS

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

SETS = Path(__file__).parents[1] / "data" / "synthetic"
GATES = tomllib.loads(Path(__file__).with_name("gates.toml").read_text(encoding="utf-8"))["gate"]
STAGES = {"transcriber": "backend", "aligner": "aligner", "diarizer": "diarizer"}
"""Stage -> its key in a gate."""


@pytest.fixture
def engine(
    request, nano_whisper, nano_whisper_mlx, nano_wav2vec2, nano_speakers, nano_speakers_onnx
):
    """The pipeline as configured for a gate's backends."""
    options = {
        "faster-whisper": {"model": str(nano_whisper)},
        "mlx": {"model": str(nano_whisper_mlx)},
        "wav2vec2": {"model": str(nano_wav2vec2)},
        "wav2vec2-mlx": {"model": str(nano_wav2vec2)},
        "pyannote": {"model": str(nano_speakers)},
        "sherpa-onnx": nano_speakers_onnx,
    }
    names = {stage: request.param.get(key, "none") for stage, key in STAGES.items()}
    settings = {
        stage: {"backend": name, "options": options.get(name, {})} for stage, name in names.items()
    }
    with Engine(settings) as engine:
        yield engine


def truth(engine, name, first=None):
    """A set's references and recordings by name; of the first so many or all."""
    references = {
        recording: annotation
        for path in sorted((SETS / name).glob("*.json"))[:first]
        for recording, annotation in engine.read(path).items()
    }
    sounds = {recording: SETS / name / told.audio for recording, told in references.items()}
    return references, sounds


def title(gate):
    return "-".join(gate[key] for key in (*STAGES.values(), "set") if key in gate)


@pytest.mark.parametrize(
    ("engine", "gate"),
    [pytest.param(gate, gate, id=title(gate)) for gate in GATES],
    indirect=["engine"],
)
def test_accuracy_stays(engine, gate, capsys):
    evaluation = engine.benchmark(*truth(engine, gate["set"], gate.get("first")))
    measured = {name: figure(evaluation, name) for name in (*gate["limits"], "rtf")}
    with capsys.disabled():
        told = ", ".join(f"{name} {value:.4f}" for name, value in measured.items())
        print(f"\n{title(gate)}: {told}")
    assert evaluation.failed == {}
    too_high = {
        name: f"{measured[name]:.4f} over {limit}"
        for name, limit in gate["limits"].items()
        if measured[name] > limit
    }
    assert too_high == {}


def figure(evaluation, name):
    """The value of a measure, or its 90th percentile where the name ends so."""
    measure = evaluation.totals[name.removesuffix("_p90")]
    return measure.figures["p90"] if name.endswith("_p90") else measure.value


@pytest.mark.parametrize(("stage", "key"), STAGES.items())
def test_every_backend_that_hears_has_a_gate(stage, key):
    """Whoever adds an engine adds what it must reach."""
    published = {
        entry.name
        for entry in entry_points(group=GROUPS[stage])
        if entry.dist is not None and entry.dist.name == "asrcore"
    }
    assert published == {gate[key] for gate in GATES if key in gate}
