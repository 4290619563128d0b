# ruff: noqa: RUF001 - other scripts' marks and letters are meant

import pytest
import sentencex
from hypothesis import given
from hypothesis import strategies as st

from asrcore.errors import EngineError
from asrcore.plugin import Options, Placement, Plugin
from asrcore.testing import PluginContract
from asrcore.testing.sentence_splitter import FakeSentenceSplitter, SentenceSplitterContract
from asrcore_adapters.sentencex import PLUGIN
from asrcore_adapters.sentencex.splitter import SentencexSplitter

SPLITTER = SentencexSplitter(Options(), Placement())


class TestSentencex(PluginContract, SentenceSplitterContract):
    @pytest.fixture
    def plugin(self) -> Plugin:
        return PLUGIN

    @pytest.fixture
    def reference(self) -> str:
        return "asrcore_adapters.sentencex:PLUGIN"

    @pytest.fixture
    def splitter(self) -> SentencexSplitter:
        return SPLITTER


class TestFake(SentenceSplitterContract):
    @pytest.fixture
    def splitter(self) -> FakeSentenceSplitter:
        return FakeSentenceSplitter()


def test_the_plugin_builds_what_it_names() -> None:
    assert isinstance(PLUGIN.build(PLUGIN.options(), Placement()), SentencexSplitter)


def test_the_fake_fails_as_told_and_remembers_what_it_was_asked() -> None:
    fake = FakeSentenceSplitter(EngineError("broken"))
    with pytest.raises(EngineError, match="broken"):
        fake.split("One. Two.", "en")
    assert fake.asked == [("One. Two.", "en")]


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "Dr. Smith is here.|He waits."),
        ("en", "We met at 5 p.m.|He left."),
        ("en", "At 5 p.m. he left.|She stayed."),
        ("en", "Use fruit, e.g. apples.|They keep."),
        ("en", "He served in the U.S. Army.|Then he left."),
        ("en", "I was born in the U.S.|She was not."),
        ("en", "It costs 3.5 million.|That is a lot."),
        ("en", "He lives at No. 5 Main St. with her.|She is old."),
        ("en", "J. F. Kennedy was president.|He spoke."),
        ("en", "Mr. and Mrs. Jones vs. Inc. Corp. met.|All left."),
        ("en", "Well\u2026 maybe not.|I do not know."),
        ("en", "Wait... go on.|What?!|Really?"),
        ("en", 'He said "Go away."|She left.'),
        ("en", '"Go away!" he said.|She left.'),
        ("en", "Visit example.com today.|It is free"),
        ("de", "Das ist z. B. ein Test.|Er kam."),
        ("de", "Das ist z.B. ein Test.|Er kam."),
        ("de", "Er wohnt in Nr. 5.|Am 3. Mai kam er."),
        ("fr", "M. Dupont est là.|Il attend Mme. Curie.|Et Dr. Lenoir !|Qui ?"),
        ("fr-CA", "Je vois M. Dupont.|Il attend."),
        ("es", "¿Qué pasa?|¡Hola!|El Sr. Pérez llegó."),
        ("pt-BR", "O Sr. Silva veio.|Foi."),
        ("ru", "Это т. е. проверка.|Он ушёл."),
        ("zh", "你好。|今天天气很好！|你去哪里？|价格是3.5元。|我回家。"),
        ("zh-TW", "他說：「你好。我走了。」|然後走。"),
        ("yue", "你好。|佢去邊？"),
        ("ja", "こんにちは。|元気ですか？|はい！"),
        ("ko", "안녕하세요.|어디 가세요?|집에요."),
        ("hi", "यह एक वाक्य है।|यह दूसरा है।"),
        ("ar", "كيف حالك؟|أنا بخير.|شكرا!"),
        ("ur", "یہ ایک جملہ ہے۔|یہ دوسرا ہے۔"),
        ("am", "ይህ ነው።|ሌላ ነው።"),
        ("el", "Τι κάνεις;|Καλά."),
    ],
)
def test_it_knows_where_sentences_end(language: str, marked: str) -> None:
    sentences = marked.split("|")
    text = ("" if language[:2] in {"zh", "yu", "ja"} else " ").join(sentences)
    assert [sentence.strip() for sentence in SPLITTER.split(text, language)] == sentences


def test_an_abbreviation_at_the_end_of_a_text_is_the_end() -> None:
    assert SPLITTER.split("Il est là. Je vois M. ", "fr") == ("Il est là. ", "Je vois M. ")


def test_a_space_that_sentencex_panics_at_is_given_back() -> None:
    assert "".join(SPLITTER.split("Plan B\u3000. So\u2028it goes.", "en")) == (
        "Plan B\u3000. So\u2028it goes."
    )


@given(
    st.lists(
        st.sampled_from(
            [*"aA .!?。？…'\"“”「」()[]1,\n\u00a0\u3000\u2028é漢\U0001f600", "Dr. ", " M. "]
        )
        | st.characters()
        | st.characters(categories=["Cs", "Zs", "Cc"])
    ),
    st.sampled_from(["en", "fr", "zh", "ja", "hi", "ar", "ru", "kk", "xx", None]),
)
def test_every_character_is_given_back(characters: list[str], language: str | None) -> None:
    text = "".join(characters)
    sentences = SPLITTER.split(text, language)
    assert "".join(sentences) == text if text.strip() else sentences == ()
    assert all(sentence.strip() for sentence in sentences)


class PanicException(BaseException):
    """As Rust's errors come to Python."""


@pytest.mark.parametrize("error", [ValueError("odd"), PanicException("odd")])
def test_a_failure_is_an_error_of_the_engine(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(language: str, text: str) -> list[str]:
        raise error

    monkeypatch.setattr(sentencex, "segment", fail)
    with pytest.raises(EngineError, match="sentencex failed: odd") as caught:
        SPLITTER.split("One.", "en")
    assert caught.value.__cause__ is error


def test_an_interrupt_is_not_taken_for_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(language: str, text: str) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(sentencex, "segment", interrupt)
    with pytest.raises(KeyboardInterrupt):
        SPLITTER.split("One.", "en")


def test_changed_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentencex, "segment", lambda language, text: ["One"])
    with pytest.raises(EngineError, match=r"changed the text .*'One\.'"):
        SPLITTER.split("One.", "en")


def test_blank_pieces_belong_to_the_sentence_before_or_else_to_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sentencex, "segment", lambda *_: ["", " ", "One.", " ", "Two.", ""])
    assert SPLITTER.split(" One. Two.", "en") == (" One. ", "Two.")
