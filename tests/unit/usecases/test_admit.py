"""What can be a recording goes in; what cannot comes out as refused."""

from io import BytesIO

import pytest

from asrcore.domain.outcome import Outcome
from asrcore.domain.recording import Recording
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import InputError
from asrcore.testing import tone
from asrcore.usecases.admit import Admission, admit


def test_a_source_is_named_and_keeps_its_speech() -> None:
    recording = admit("a.wav", [(0.0, 1.0)])
    assert (recording.name, recording.speech) == ("a.wav", (TimeSpan(0.0, 1.0),))


@pytest.mark.parametrize(
    ("source", "speech"), [(123, None), (tone(1.0)[None, None], None), ("a.wav", [(2.0, 1.0)])]
)
def test_what_is_none_is_an_error_of_ours(source: object, speech: object) -> None:
    with pytest.raises(InputError) as caught:
        admit(source, speech)
    assert isinstance(caught.value.__cause__, TypeError | ValueError)


def test_what_is_refused_fails_in_its_place_and_alone() -> None:
    recording = Recording.of("b.wav")
    sources = ["a.wav", 123, recording, None, BytesIO()]
    admission = Admission(sources)
    done = (Outcome(each, error=None) for each in admission.recordings())
    found = list(admission.with_refused(done))
    names = [outcome.recording.name for outcome in found]
    assert names == ["a.wav", "int", "b.wav", "NoneType", "file object"]
    assert [isinstance(each.error, InputError) for each in found] == [0, 1, 0, 1, 0]
    assert found[2].recording is recording


def test_what_is_refused_last_is_told_too() -> None:
    admission = Admission(["a.wav", 1, 2])
    done = (Outcome(each) for each in admission.recordings())
    assert len(list(admission.with_refused(done))) == 3
