"""Speakers called by their names, through real engines; a stranger keeps a number."""

import pytest

from asrcore import Engine
from tests.integration.conftest import ROOT, SETS

pytestmark = pytest.mark.integration

CONVERSATION = ROOT / "examples" / "conversation.opus"
"""By `festival/slt_hts_low` and `espeak/en-us+ed`, in this order."""
CLIPS = SETS / "short"


@pytest.fixture(params=["pyannote", "sherpa-onnx"])
def diarizer(request, nano_speakers, nano_speakers_onnx):
    options = {"pyannote": {"model": str(nano_speakers)}, "sherpa-onnx": nano_speakers_onnx}
    return {"backend": request.param, "options": options[request.param]}


def test_known_speakers_have_their_names_and_strangers_numbers(diarizer):
    known = {
        "kal": CLIPS / "01-flite-kal16.flac",
        "maria": CLIPS / "05-festival-slt_hts_low.flac",
    }
    assert all(path.is_file() for path in known.values())
    with Engine({"diarizer": {**diarizer, "speakers": known}}) as engine:
        found = engine.diarize(CONVERSATION)
    assert found.speakers == ("maria", "SPEAKER_00")


def test_everybody_may_be_known(diarizer):
    known = {
        "david": CLIPS / "23-espeak-en-us-ed.flac",
        "maria": CLIPS / "11-festival-slt_hts_low.flac",
    }
    with Engine({"diarizer": {**diarizer, "speakers": known}}) as engine:
        found = engine.diarize(CONVERSATION)
    assert found.speakers == ("maria", "david")
    assert len(found.turns) >= 12
