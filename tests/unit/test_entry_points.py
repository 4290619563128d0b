"""Every backend that is published here is held to its contract by some test."""

import ast
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from asrcore.plugin import GROUPS

TESTS = Path(__file__).parents[1]
CONTRACTS = {
    "transcriber": "TranscriberContract",
    "aligner": "AlignerContract",
    "diarizer": "DiarizerContract",
    "sentence_splitter": "SentenceSplitterContract",
    "voice_activity": "VoiceActivityContract",
    "audio_source": "AudioSourceContract",
    "writer": "TranscriptWriterContract",
    "metric": "MetricContract",
    "reader": "AnnotationReaderContract",
    "chart": "ChartContract",
    "converter": "ModelConverterContract",
}


def published() -> list[tuple[str, str, str]]:
    """(stage, class, entry point) of every plugin in this distribution."""
    return [
        (stage, entry.load().target.partition(":")[2], entry.value)
        for stage, group in GROUPS.items()
        for entry in entry_points(group=group)
        if entry.dist is not None and entry.dist.name == "asrcore"
    ]


def contract_tests() -> list[tuple[str, str]]:
    """(contract, source of the class or its module) of every contract test."""
    found = []
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    found.append((ast.unparse(base), path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize(("stage", "backend", "reference"), published())
def test_a_contract_test_exists(stage, backend, reference):
    """Its module names the backend's class, or the entry point that it is built by."""
    covered = [source for contract, source in contract_tests() if contract == CONTRACTS[stage]]
    assert any(backend in source or reference in source for source in covered), (
        f"no {CONTRACTS[stage]} names {backend}"
    )


def test_every_stage_has_a_contract():
    assert CONTRACTS.keys() == GROUPS.keys()
