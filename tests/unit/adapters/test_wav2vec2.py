"""What the wav2vec2 adapter decides before any engine is imported."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from asrcore.bootstrap.planner import facts, plan
from asrcore.bootstrap.registry import Registry
from asrcore.bootstrap.settings import Settings
from asrcore.domain.hardware import HardwareProfile
from asrcore.errors import ModelError
from asrcore.testing import PluginContract
from asrcore_adapters.wav2vec2 import MLX, PLUGIN, Wav2Vec2Options
from asrcore_adapters.wav2vec2.batching import batches
from asrcore_adapters.wav2vec2.languages import MODELS, languages, model_for
from asrcore_adapters.wav2vec2.paths import refuse_absent_folders

WHISPERX = [
    *(
        "en",
        "fr",
        "de",
        "es",
        "it",
        "ja",
        "zh",
        "nl",
        "uk",
        "pt",
        "ar",
        "cs",
        "ru",
        "pl",
        "hu",
        "fi",
    ),
    *(
        "fa",
        "el",
        "tr",
        "da",
        "he",
        "vi",
        "ko",
        "ur",
        "te",
        "hi",
        "ca",
        "ml",
        "no",
        "nn",
        "sk",
        "sl",
    ),
    *("hr", "ro", "eu", "gl", "ka", "lv", "tl", "sv", "id"),
]
"""The languages that WhisperX 3.8 has a default model for."""


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.wav2vec2:PLUGIN"


class TestMlxPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return MLX

    @pytest.fixture
    def reference(self):
        return "asrcore_adapters.wav2vec2:MLX"


MAC = HardwareProfile("Darwin", "arm64", "Apple M4", 10, 16.0)
LAPTOP = HardwareProfile("Linux", "x86_64", "Core i5", 8, 15.5)


def aligners_on(profile, **aligner):
    """(backend, device, compute type) of the aligners in line, with every engine installed."""
    known = {
        stage: [replace(each, installed=True) for each in backends]
        for stage, backends in facts(Registry()).items()
    }
    decided = plan(profile, known, Settings.of({"aligner": aligner}))
    line = (decided.aligner, *decided.fallback_aligners)
    return [(each.backend, each.device, each.compute_type) for each in line]


def test_apples_gpu_aligns_and_the_cpu_steps_in():
    assert aligners_on(MAC)[:2] == [
        ("wav2vec2-mlx", "metal", "float16"),
        ("wav2vec2", "cpu", "float32"),
    ]


def test_mlx_aligns_elsewhere_only_where_it_is_named():
    assert aligners_on(LAPTOP)[0] == ("wav2vec2", "cpu", "float32")
    assert "wav2vec2-mlx" not in {name for name, _, _ in aligners_on(LAPTOP)}
    named = aligners_on(LAPTOP, backend="wav2vec2-mlx")
    assert named[:2] == [("wav2vec2-mlx", "cpu", "float32"), ("wav2vec2", "cpu", "float32")]


@given(
    st.lists(st.integers(1, 500_000), max_size=40),
    st.floats(1, 2e6),
)
def test_batches_hold_every_stretch_once_and_keep_to_the_budget(lengths, budget):
    groups = list(batches(lengths, budget))
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[index] for index in group)
        assert len(group) == 1 or longest * len(group) <= budget


def test_batches_go_from_long_to_short_and_are_full():
    assert list(batches([10, 90, 40, 50, 45], 100)) == [[1], [3, 4], [2, 0]]
    assert list(batches([10, 10, 10], 30)) == [[0, 1, 2]]
    assert list(batches([300], 30)) == [[0]]
    assert list(batches([], 30)) == []


@pytest.mark.parametrize("language", WHISPERX)
def test_every_language_of_whisperx_has_a_model(language):
    assert model_for(language, Wav2Vec2Options()) == MODELS[language]


def test_hub_ids_have_an_owner_and_a_name():
    for name in MODELS.values():
        owner, _, model = name.partition("/")
        assert owner
        assert model
        assert "/" not in model


def test_a_region_is_of_the_same_language_unless_it_has_its_own_model():
    assert model_for("zh-TW", Wav2Vec2Options()) == MODELS["zh"]
    own = Wav2Vec2Options(models={"zh-TW": "org/taiwan"})
    assert model_for("zh-TW", own) == "org/taiwan"
    assert model_for("zh", own) == MODELS["zh"]


def test_the_settings_beat_the_table():
    options = Wav2Vec2Options(models={"en": "org/mine", "xx": "org/new"})
    assert model_for("en", options) == "org/mine"
    assert model_for("xx", options) == "org/new"
    assert languages(options) == {*MODELS, "xx"}


def test_one_model_for_all_serves_any_language_but_those_with_their_own():
    options = Wav2Vec2Options(model="org/all", models={"de": "org/german"})
    assert [model_for(each, options) for each in ("en", "xx", None)] == ["org/all"] * 3
    assert model_for("de", options) == "org/german"
    assert languages(options) is None


def test_a_fallback_serves_the_languages_that_nothing_else_does():
    options = Wav2Vec2Options(fallback_model="org/many", models={"xx": "org/new"})
    assert [model_for(each, options) for each in ("tlh", "tlh-XY", None)] == ["org/many"] * 3
    assert model_for("en", options) == MODELS["en"]
    assert model_for("xx", options) == "org/new"
    assert languages(options) is None


def test_a_fallback_beside_a_model_for_all_is_refused():
    with pytest.raises(ValidationError, match="either model or fallback_model"):
        Wav2Vec2Options(model="org/all", fallback_model="org/many")


@pytest.mark.parametrize("name", ["./nowhere", "/no/where", "~nobody-at-all/m", "C:\\models\\new"])
@pytest.mark.parametrize(
    ("setting", "options"),
    [
        ("model", lambda name: {"model": name}),
        ("models.lb", lambda name: {"models": {"de": "org/german", "lb": name}}),
        ("fallback_model", lambda name: {"fallback_model": name}),
    ],
)
def test_a_folder_that_is_not_there_is_refused_by_its_setting(name, setting, options):
    with pytest.raises(ModelError) as caught:
        refuse_absent_folders(Wav2Vec2Options(**options(name)))
    assert caught.value.message == f"aligner.options.{setting}: there is no folder {name}"
    assert f"--set aligner.options.{setting}=" in caught.value.hint


def test_folders_that_are_there_and_hub_ids_are_not_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").mkdir()
    models = {"xx": str(tmp_path), "yy": "~/mine", "zz": "org/new"}
    refuse_absent_folders(Wav2Vec2Options(models=models))
    (tmp_path / "mine").rmdir()
    with pytest.raises(ModelError, match=r"models\.yy"):
        refuse_absent_folders(Wav2Vec2Options(models=models))


@pytest.mark.parametrize(
    ("language", "hint"),
    [("tlh", "--set aligner.options.models.tlh="), (None, "--language")],
)
def test_a_language_without_a_model_is_named_with_the_way_out(language, hint):
    with pytest.raises(ModelError) as caught:
        model_for(language, Wav2Vec2Options())
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "wrong", [{"modle": "x"}, {"batch_seconds": 0}, {"model": ""}, {"fallback_model": ""}]
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        Wav2Vec2Options.model_validate(wrong)
