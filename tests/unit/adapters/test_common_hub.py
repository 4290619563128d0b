"""From a model's name to a folder with its files, for any kind of model."""

import json

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from asrcore.errors import ModelError
from asrcore_adapters.common import hub
from asrcore_adapters.common.hub import ModelFiles, locate_model
from asrcore_adapters.common.options import HubOptions

FILES = ModelFiles(
    kind="kind of model",
    needed=("config.json", "words.json"),
    weights=("best*.safetensors", "good.npz", "old*.bin"),
    settings="transcriber.options",
    others=("*.json", "merges.txt"),
)


def put(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("weights", ["best.safetensors", "best-1-of-2.safetensors", "good.npz"])
def test_a_folder_with_any_layout_of_weights_will_do(tmp_path, weights):
    folder = put(tmp_path, *FILES.needed, weights)
    assert locate_model(str(folder), FILES, HubOptions()) == folder


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["best.safetensors", "words.json"], "config.json"),
        (["best.safetensors", "config.json"], "words.json"),
        (["config.json", "words.json", "bad.npz"], "best.safetensors"),
    ],
)
def test_what_a_folder_lacks_is_named(tmp_path, names, missing):
    with pytest.raises(ModelError) as caught:
        locate_model(str(put(tmp_path, *names)), FILES, HubOptions())
    assert caught.value.message == f"{tmp_path} holds no kind of model: {missing} is missing"
    assert caught.value.hint == "name another with --set transcriber.options.model=HUB_ID"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A Hub whose one model has the files of a list; asked patterns are kept."""
    asked, names = [], []

    def snapshot(name, *, allow_patterns, local_files_only, **_):
        if local_files_only:
            raise LocalEntryNotFoundError(name)
        asked.append(allow_patterns)
        folder = tmp_path / "snapshot"
        wanted = [hub.Path(each) for each in names]
        matching = [path for path in wanted if any(path.match(one) for one in allow_patterns)]
        return str(put(folder, *(str(path) for path in matching)))

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    return names, asked


@pytest.mark.parametrize(
    ("weights", "tries"),
    [("best.safetensors", 1), ("good.npz", 2), ("old.bin", 3)],
)
def test_lesser_layouts_are_downloaded_only_where_the_better_are_absent(repository, weights, tries):
    names, asked = repository
    names += [*FILES.needed, "merges.txt", weights, "old-copy.bin"]
    folder = locate_model("org/model", FILES, HubOptions())
    found = {path.name for path in folder.iterdir()}
    assert found == {*FILES.needed, "merges.txt", weights} | (
        {"old-copy.bin"} if tries == 3 else set()
    )
    assert asked == [
        ["*.json", "merges.txt", *FILES.weights[: count + 1]] for count in range(tries)
    ]


def test_a_model_of_another_kind_is_refused_after_its_download(repository):
    names, _ = repository
    names += ["config.json", "words.json", "other.bin"]
    with pytest.raises(ModelError, match=r"best\.safetensors is missing"):
        locate_model("org/model", FILES, HubOptions())


def test_forbidden_downloads_and_hints_name_the_stage(repository):
    with pytest.raises(ModelError, match="may not be downloaded") as caught:
        locate_model("org/model", FILES, HubOptions(local_files_only=True))
    assert "--set transcriber.options.model=DIR" in caught.value.hint


def test_weights_in_parts_are_all_there_or_missing(tmp_path):
    files = ModelFiles("model", (), ("model.safetensors", "model-*.safetensors"), "x.options")
    parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict(zip("ab", parts, strict=True))}))
    (tmp_path / parts[0]).touch()
    assert files.missing(tmp_path) == "model.safetensors"
    (tmp_path / parts[1]).touch()
    assert files.missing(tmp_path) == ""
    index.write_text("{")
    assert files.missing(tmp_path) == "model.safetensors"
