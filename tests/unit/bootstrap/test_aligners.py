"""The aligners of a run, made from a plan; and the speech that their lag is estimated from."""

import numpy as np
import pytest

from asrcore.bootstrap.aligners import aligners
from asrcore.bootstrap.calibration import known_speech
from asrcore.bootstrap.planner import Plan
from asrcore.bootstrap.settings import AlignerSettings
from asrcore.bootstrap.stage_planner import StagePlan
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.domain.transcript import Word
from asrcore.errors import MissingEngineError, ModelError, UnsupportedError
from asrcore.testing import FakeAligner, FakeEmissionModel, FakeTranscriber, spelled
from asrcore.usecases.ctc_aligner import CtcAligner

WORDS = (Word("big", TimeSpan(0.4, 0.7)), Word("world", TimeSpan(1.0, 1.4)))
REQUEST = AlignRequest(spelled(WORDS, 2.0), ("big world",), "en")


class Attentive(FakeTranscriber):
    def __init__(self) -> None:
        super().__init__()
        self.attention = FakeAligner()


class Shop:
    """Builds what it has under a backend's name, or raises it; keeps what it was asked for."""

    def __init__(self, **goods: object) -> None:
        self.goods = goods
        self.asked: list[tuple[str, dict]] = []

    def build(self, planned: StagePlan, options: dict) -> object:
        self.asked.append((planned.backend, dict(options)))
        made = self.goods[planned.backend]
        if isinstance(made, Exception):
            raise made
        return made


def placed(name: str) -> StagePlan:
    return StagePlan(name, "cpu", None, "because")


def plan_of(first: str | None, *others: str) -> Plan:
    return Plan(
        placed("whisper"),
        placed("silero"),
        placed("pyav"),
        aligner=None if first is None else placed(first),
        fallback_aligners=tuple(placed(name) for name in others),
    )


def made(shop: Shop, *names: str | None, transcriber=None, **settings: object) -> dict:
    return aligners(
        plan_of(*names),
        AlignerSettings(**settings),
        lambda: transcriber or pytest.fail("the transcriber should not be made"),
        shop.build,
    )


class TestTheLine:
    def test_is_in_the_order_of_the_plan_and_each_is_built_once_when_it_is_asked(self) -> None:
        goods = {name: FakeAligner() for name in ("one", "two", "three")}
        shop = Shop(**goods)
        line = made(shop, "two", "three", "one")
        assert list(line) == ["two", "three", "one"]
        for name in ("one", "three", "two", "one", "three", "two"):
            line[name].align([REQUEST])
        assert [name for name, _ in shop.asked] == ["two", "one", "three"]
        assert {name: len(each.batches) for name, each in goods.items()} == dict.fromkeys(goods, 2)

    def test_is_empty_where_nothing_is_planned(self) -> None:
        assert made(Shop(), None) == {}

    def test_is_there_for_texts_where_the_transcribers_word_times_are_enough(self) -> None:
        shop = Shop(one=FakeAligner(), two=FakeAligner())
        assert list(made(shop, None, "one", "two", options={"a": 1})) == ["one", "two"]
        assert shop.asked == [("one", {"a": 1})]

    def test_gives_options_to_the_first_alone(self) -> None:
        shop = Shop(one=FakeAligner(), two=FakeAligner())
        made(shop, "one", "two", options={"model": "x"})["two"].align([REQUEST])
        assert shop.asked == [("one", {"model": "x"}), ("two", {})]

    @pytest.mark.parametrize("error", [ModelError("gone"), MissingEngineError("not here")])
    def test_tells_who_cannot_step_in_when_it_is_asked(self, error: Exception) -> None:
        line = made(Shop(one=FakeAligner(), two=error), "one", "two")
        with pytest.raises(type(error), match=str(error)):
            line["two"].align([REQUEST])

    def test_tells_where_the_first_cannot_be_had(self) -> None:
        with pytest.raises(ModelError, match="gone"):
            made(Shop(one=ModelError("gone"), two=FakeAligner()), "one", "two")

    def test_hides_no_bug_of_who_steps_in(self) -> None:
        line = made(Shop(one=FakeAligner(), two=KeyError("bug")), "one", "two")
        with pytest.raises(KeyError, match="bug"):
            line["two"].align([REQUEST])


class TestEmissionModels:
    def aligner(self, model: FakeEmissionModel, **settings: object) -> CtcAligner:
        aligner = made(Shop(ctc=model), "ctc", **settings)["ctc"]
        assert isinstance(aligner, CtcAligner)
        return aligner

    def words(self, *args: object, **settings: object) -> list[Word]:
        ((words,),) = self.aligner(*args, **settings).align([REQUEST])
        return words

    def test_are_made_aligners(self) -> None:
        words = self.words(FakeEmissionModel())
        assert [word.span.start for word in words] == pytest.approx([0.4, 1.0])

    def test_have_their_lag_estimated_from_the_bundled_speech(self) -> None:
        model = FakeEmissionModel()
        self.words(model)
        seconds = [len(each.samples) / 16_000 for each in known_speech()]
        assert ("en", seconds) in model.asked

    def test_take_the_lag_that_is_set(self) -> None:
        words = self.words(FakeEmissionModel(lag=0.06), lag=0.06)
        assert [word.span.start for word in words] == pytest.approx([0.4, 1.0])

    def test_align_like_whisperx_where_that_is_set(self) -> None:
        """It knows no lag and reads no calibration."""
        model = FakeEmissionModel()
        self.words(model, method="whisperx", interpolation="linear")
        assert model.asked == [("en", [2.0])]

    def test_that_step_in_have_the_settings_too(self) -> None:
        second = FakeEmissionModel(lag=0.06)
        line = made(Shop(first=FakeEmissionModel(), second=second), "first", "second", lag=0.06)
        ((words,),) = line["second"].align([REQUEST])
        assert [word.span.start for word in words] == pytest.approx([0.4, 1.0])
        assert second.asked == [("en", [2.0])]

    def test_are_closed_by_their_aligner(self) -> None:
        model = FakeEmissionModel()
        self.aligner(model).close()
        assert model.closed == 1


class TestAttention:
    def test_is_the_transcribers_own_and_nothing_is_built(self) -> None:
        transcriber, shop = Attentive(), Shop()
        assert made(shop, "attention", transcriber=transcriber) == {
            "attention": transcriber.attention
        }
        assert shop.asked == []

    def test_that_steps_in_has_the_transcriber_made_when_it_is_asked(self) -> None:
        transcriber, asked = Attentive(), []
        line = aligners(
            plan_of("one", "attention"),
            AlignerSettings(),
            lambda: asked.append("transcriber") or transcriber,
            Shop(one=FakeAligner()).build,
        )
        assert asked == []
        line["attention"].align([REQUEST])
        assert (asked, transcriber.attention.batches) == (["transcriber"], [[REQUEST]])

    def test_of_a_transcriber_without_any_is_refused_at_once_or_when_it_is_asked(self) -> None:
        with pytest.raises(UnsupportedError, match=r"aligner\.backend: this transcriber cannot"):
            made(Shop(), "attention", transcriber=FakeTranscriber())
        shop = Shop(one=FakeAligner())
        line = made(shop, "one", "attention", transcriber=FakeTranscriber())
        with pytest.raises(UnsupportedError, match=r"aligner\.backend: this transcriber cannot"):
            line["attention"].align([REQUEST])


class TestSettingsThatOnlyEmissionsHave:
    @pytest.mark.parametrize(
        ("key", "value"), [("method", "whisperx"), ("lag", 0.0), ("interpolation", "linear")]
    )
    def test_are_refused_for_others(self, key: str, value: object) -> None:
        with pytest.raises(UnsupportedError) as caught:
            made(Shop(one=FakeAligner()), "one", **{key: value})
        assert caught.value.message == f"aligner.{key}: one has no use for it"
        assert "aligner.backend=wav2vec2" in caught.value.hint

    @pytest.mark.parametrize(
        ("method", "key", "value"), [("whisperx", "lag", 0.0), ("ctc", "interpolation", "linear")]
    )
    def test_are_refused_where_the_method_has_no_use_for_them(
        self, method: str, key: str, value: object
    ) -> None:
        with pytest.raises(UnsupportedError) as caught:
            made(Shop(one=FakeEmissionModel()), "one", method=method, **{key: value})
        assert str(caught.value) == f"aligner.{key}: one has no use for it with method {method}"

    def test_may_be_of_no_use_to_who_steps_in(self) -> None:
        shop = Shop(ctc=FakeEmissionModel(), other=FakeAligner())
        line = made(shop, "ctc", "other", method="whisperx")
        assert len(line["other"].align([REQUEST])) == 1

    def test_at_their_defaults_are_not_refused(self) -> None:
        assert made(Shop(one=FakeAligner()), "one", method="ctc", lag="auto")


class TestKnownSpeech:
    def test_is_some_seconds_of_sound_with_words_in_order_inside_it(self) -> None:
        for each in known_speech():
            duration = len(each.samples) / 16_000
            spans = [word.span for word in each.words]
            assert 1.0 < duration < 30.0
            assert spans == sorted(spans)
            assert spans[-1].end <= duration
            assert all(word.text.strip() for word in each.words)

    def test_is_sound_as_models_take_it(self) -> None:
        for each in known_speech():
            assert each.samples.dtype == np.float32
            assert 0.05 < np.abs(each.samples).max() <= 1.0

    def test_has_words_enough_to_tell_a_lag(self) -> None:
        assert sum(len(each.words) for each in known_speech()) >= 40

    def test_is_louder_in_words_than_between_them(self) -> None:
        """The times fit the sound."""
        for each in known_speech():
            inside = np.zeros(len(each.samples), bool)
            for word in each.words:
                inside[int(word.span.start * 16_000) : int(word.span.end * 16_000)] = True
            power = np.square(each.samples)
            assert power[inside].mean() > 20 * power[~inside].mean()

    def test_is_read_once(self) -> None:
        assert known_speech() is known_speech()
