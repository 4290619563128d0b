import inspect
from typing import get_args

from asrcore.domain import events


def test_whoever_handles_event_handles_every_event_there_is() -> None:
    defined = {
        kind
        for _, kind in inspect.getmembers(events, inspect.isclass)
        if kind.__module__ == events.__name__
    }
    assert set(get_args(events.Event)) == defined


def test_events_compare_by_what_happened() -> None:
    assert events.ModelLoading("align", "ctc") == events.ModelLoading("align", "ctc")
    assert events.ModelLoading("align", "ctc") != events.ModelLoading("align", "mfa")
