"""Where a model comes from; the hub itself is out of reach of these tests."""

from types import SimpleNamespace

import pytest
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from asrcore.errors import ModelError
from asrcore.plugin import Placement
from asrcore_adapters.faster_whisper import FasterWhisperOptions, models
from asrcore_adapters.faster_whisper.transcriber import FasterWhisperTranscriber

pytestmark = pytest.mark.integration

CPU = Placement("cpu", "int8")


@pytest.fixture
def hub(monkeypatch):
    """A hub that answers with an error, and remembers what it was asked."""
    asked = []

    def answer(error):
        def download(name, **how):
            asked.append((name, how))
            if how["local_files_only"]:
                raise LocalEntryNotFoundError("not cached")
            raise error

        monkeypatch.setattr(models, "download_model", download)
        return asked

    return answer


def options(model, **more):
    return FasterWhisperOptions(model=model, **more)


def test_a_folder_is_taken_as_it_is(nano_whisper):
    assert models.locate_model(options(str(nano_whisper))) == nano_whisper


def test_a_transformers_folder_is_told_from_a_converted_one(tmp_path):
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ModelError, match="transformers model") as caught:
        models.locate_model(options(str(tmp_path)))
    assert f"asr models convert {tmp_path} --to ctranslate2" in caught.value.hint


def test_a_folder_without_tokenizer_is_refused_and_none_is_fetched(tmp_path):
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        models.locate_model(options(str(tmp_path)))


def test_a_full_disk_is_not_taken_for_a_missing_network(hub):
    hub(OSError(28, "No space left on device"))
    with pytest.raises(ModelError, match="cannot be stored") as caught:
        models.locate_model(options("small"))
    assert "download_root" in caught.value.hint


def test_a_name_that_the_hub_cannot_have_is_said_so(hub):
    hub(HFValidationError("bad"))
    with pytest.raises(ModelError, match="no name that a model can have"):
        models.locate_model(options("my org/na me"))


def test_an_unknown_failure_is_told_as_it_is(hub):
    hub(KeyError("odd"))
    with pytest.raises(ModelError, match="KeyError: 'odd'"):
        models.locate_model(options("small"))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"model\.bin is missing"):
        models.locate_model(options(str(tmp_path)))


def test_a_path_that_is_not_there_is_not_taken_for_a_hub_id(hub):
    asked = hub(AssertionError("never asked"))
    for name in ("./nowhere", "/no/where", "~/nowhere", "a/b/c", "..\\models"):
        with pytest.raises(ModelError, match="no folder"):
            models.locate_model(options(name))
    assert asked == []


def test_a_misspelt_size_gets_a_suggestion():
    with pytest.raises(ModelError) as caught:
        models.locate_model(options("smal"))
    assert "small" in caught.value.hint
    with pytest.raises(ModelError, match="no model is called zebra") as caught:
        models.locate_model(options("zebra"))
    assert "large-v3" in caught.value.hint


def test_an_unreachable_hub_leads_to_what_works_offline(hub):
    asked = hub(ConnectionError("no route"))
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        models.locate_model(options("small", revision="v1"))
    assert "--profile offline" in caught.value.hint
    assert "--model DIR" in caught.value.hint
    assert [how["local_files_only"] for _, how in asked] == [True, False]
    assert all(how["revision"] == "v1" for _, how in asked)


def test_local_files_only_never_goes_to_the_network(hub):
    asked = hub(AssertionError("never"))
    with pytest.raises(ModelError, match="may not be downloaded"):
        models.locate_model(options("small", local_files_only=True))
    assert all(how["local_files_only"] for _, how in asked)


def test_what_is_in_the_cache_needs_no_network(monkeypatch, nano_whisper, tmp_path):
    def download(name, *, local_files_only, cache_dir, **_):
        assert local_files_only
        assert cache_dir == str(tmp_path)
        return str(nano_whisper)

    monkeypatch.setattr(models, "download_model", download)
    assert models.locate_model(options("small", download_root=tmp_path)) == nano_whisper


def test_an_incomplete_cache_is_downloaded_again(monkeypatch, nano_whisper, tmp_path):
    monkeypatch.setattr(
        models,
        "download_model",
        lambda name, *, local_files_only, **_: str(tmp_path if local_files_only else nano_whisper),
    )
    assert models.locate_model(options("small")) == nano_whisper


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (GatedRepoError, "gated"),
        (RepositoryNotFoundError, "knows no model"),
        (RevisionNotFoundError, "no revision v9"),
        (HfHubHTTPError, "cannot be downloaded: boom"),
    ],
)
def test_each_answer_of_the_hub_has_its_message(hub, error, message):
    response = SimpleNamespace(headers={}, request=None)
    hub(error("boom\nsecond line", response=response))
    with pytest.raises(ModelError, match=message) as caught:
        models.locate_model(options("org/name", revision="v9"))
    assert "second line" not in str(caught.value)


def test_a_broken_model_file_is_said_in_words(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"not a model")
    (tmp_path / "tokenizer.json").touch()
    with pytest.raises(ModelError, match="cannot be loaded"):
        FasterWhisperTranscriber(options(str(tmp_path)), CPU)


def test_an_impossible_compute_type_leads_to_one_that_works(nano_whisper):
    with pytest.raises(ModelError) as caught:
        FasterWhisperTranscriber(options(str(nano_whisper)), Placement("cpu", "float16"))
    assert "compute_type" in caught.value.hint


def test_a_missing_gpu_leads_to_the_cpu(nano_whisper):
    with pytest.raises(ModelError) as caught:
        FasterWhisperTranscriber(options(str(nano_whisper)), Placement("cuda:1"))
    assert "--device cpu" in caught.value.hint
