"""The whole pipeline through each backend, on recordings whose truth is known exactly."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from asrcore import Engine
from asrcore.plugin import GROUPS

pytestmark = pytest.mark.integration

SETS = Path(__file__).parents[1] / "data" / "synthetic"
GATES = tomllib.loads(Path(__file__).with_name("gates.toml").read_text(encoding="utf-8"))["gate"]


@pytest.fixture
def engine(request, nano_whisper, nano_wav2vec2):
    """The pipeline as configured for a gate's backends."""
    models = {"faster-whisper": nano_whisper, "wav2vec2": nano_wav2vec2}

    def stage(name):
        options = {"model": str(models[name])} if name in models else {}
        return {"backend": name, "options": options}

    transcriber, aligner = request.param
    settings = {"transcriber": stage(transcriber), "aligner": stage(aligner)}
    with Engine(settings) as engine:
        yield engine


def truth(engine, name):
    """A set's references and recordings by name."""
    references = {
        recording: annotation
        for path in sorted((SETS / name).glob("*.json"))
        for recording, annotation in engine.read(path).items()
    }
    sounds = {recording: SETS / name / told.audio for recording, told in references.items()}
    return references, sounds


@pytest.mark.parametrize(
    ("engine", "gate"),
    [
        pytest.param(
            (gate["backend"], gate.get("aligner", "none")),
            gate,
            id="-".join([gate["backend"], gate.get("aligner", "none"), gate["set"]]),
        )
        for gate in GATES
    ],
    indirect=["engine"],
)
def test_accuracy_stays(engine, gate, capsys):
    evaluation = engine.benchmark(*truth(engine, gate["set"]))
    measured = {name: figure(evaluation, name) for name in (*gate["limits"], "rtf")}
    with capsys.disabled():
        told = ", ".join(f"{name} {value:.4f}" for name, value in measured.items())
        by = " + ".join(filter(None, (gate["backend"], gate.get("aligner"))))
        print(f"\n{by} on {gate['set']}: {told}")
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


@pytest.mark.parametrize(
    ("stage", "key"),
    [("transcriber", "backend"), ("aligner", "aligner"), ("diarizer", "diarizer")],
)
def test_every_backend_that_hears_has_a_gate(stage, key):
    """Whoever adds an engine adds what it must reach."""
    published = {
        entry.name
        for entry in entry_points(group=GROUPS[stage])
        if entry.dist is not None and entry.dist.name == "asrcore"
    }
    assert published == {gate[key] for gate in GATES if key in gate}
