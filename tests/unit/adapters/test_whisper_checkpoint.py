"""Where a Whisper checkpoint comes from, told in the words of `asr models convert`."""

from types import SimpleNamespace

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, RevisionNotFoundError

from asrcore.errors import ModelError
from asrcore_adapters.common import hub
from asrcore_adapters.common.options import HubOptions
from asrcore_adapters.common.whisper_checkpoint import locate_checkpoint


@pytest.fixture
def answers(monkeypatch):
    """A Hub that answers with an error, and remembers what it was asked for."""
    asked = []

    def answer(error):
        def snapshot(name, **wanted):
            asked.append((name, wanted))
            raise LocalEntryNotFoundError(name) if wanted["local_files_only"] else error

        monkeypatch.setattr(hub, "snapshot_download", snapshot)
        return asked

    return answer


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (
            RevisionNotFoundError("no", response=SimpleNamespace(headers={}, request=None)),
            "name another with --revision",
        ),
        (OSError(28, "No space left on device"), "make room, or name another folder in HF_HOME"),
        (LocalEntryNotFoundError("away"), "name a local folder as SOURCE"),
    ],
)
def test_the_way_out_is_one_that_the_command_has(answers, error, hint):
    answers(error)
    with pytest.raises(ModelError) as caught:
        locate_checkpoint("org/whisper", HubOptions(revision="v9"))
    assert caught.value.hint == hint


def test_a_folder_without_a_model_is_told(tmp_path):
    (tmp_path / "config.json").touch()
    with pytest.raises(ModelError, match=r"Whisper of transformers: model\.safetensors") as caught:
        locate_checkpoint(str(tmp_path), HubOptions())
    assert caught.value.hint == "name another as SOURCE"


def test_of_a_revision_one_layout_of_weights_is_fetched_and_what_describes_it(answers):
    asked = answers(OSError("away"))
    with pytest.raises(ModelError):
        locate_checkpoint("org/whisper", HubOptions(revision="v9"))
    name, wanted = asked[1]
    assert (name, wanted["revision"]) == ("org/whisper", "v9")
    assert wanted["allow_patterns"] == ["*.json", "merges.txt", "model.safetensors"]
