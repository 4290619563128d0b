"""What of the options reaches the MLX transcriber's decoding; how it decides is another matter."""

import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore.domain.request import ChunkRequest, Instructions  # noqa: E402
from asrcore.domain.whisper.engine import Generated  # noqa: E402
from asrcore.plugin import Placement  # noqa: E402
from asrcore.testing import tone  # noqa: E402
from asrcore_adapters.mlx import MLXOptions, engine  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import saved, tiny_whisper  # noqa: E402

END, BEGIN = 50256, 50363


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    with mx.stream(mx.cpu):
        return saved(tiny_whisper(0, 51864, width=32), tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def build(folder):
    made = []

    def make(**options) -> MLXTranscriber:
        checked = MLXOptions.model_validate({"model": str(folder), "threads": 1, **options})
        made.append(MLXTranscriber(checked, Placement("cpu", "float32")))
        return made[-1]

    yield make
    for transcriber in made:
        transcriber.close()


@pytest.fixture
def asked(monkeypatch):
    """What the searches are asked for; they find something that is doubtful."""
    calls = []

    def standing_in(name):
        def search(work, *how):
            calls.append((name, work, how))
            return [Generated((BEGIN, 5), -9.0, 0.1)] * len(work.prompts)

        return search

    for name in ("beam_search", "sample"):
        monkeypatch.setattr(engine, name, standing_in(name))
    return calls


def test_every_option_reaches_the_search(build, asked):
    transcriber = build(
        beam_size=3,
        patience=1.5,
        length_penalty=0.7,
        repetition_penalty=1.1,
        no_repeat_ngram_size=4,
        best_of=2,
        suppress_blank=False,
        suppress_tokens=[7, 9],
        max_initial_timestamp=0.5,
        max_new_tokens=11,
        seed=6,
        temperatures=[0.0, 0.4],
    )
    transcriber.transcribe([ChunkRequest(tone(1.0))])
    (one, work, beams), (other, _, drawing) = asked
    assert (one, other) == ("beam_search", "sample")
    assert beams == (3, 1.5, 0.7)
    assert drawing == (0.4, 2, 6, 0.7)
    limits = work.limits
    assert (limits.repetition_penalty, limits.no_repeat_ngram, limits.latest) == (1.1, 4, 25)
    assert (list(limits.suppressed), list(limits.blanks)) == ([7, 9], [])
    assert (limits.size, limits.end, limits.timestamp_begin) == (51864, END, BEGIN)
    assert (work.prompts, work.room) == ([[50257]], [11])
    assert (work.begin, work.no_speech, work.untimed) == (50257, 50361, 50362)


def test_by_default_a_text_begins_with_no_blank_and_has_no_symbols(build, asked):
    transcriber = build(temperatures=[0.0])
    transcriber.transcribe([ChunkRequest(tone(1.0))])
    limits = asked[0][1].limits
    assert sorted(limits.blanks) == [220, END]
    encode = transcriber._vocabulary.plain.encode
    assert {encode(" (")[0], encode("♪")[0]} <= set(limits.suppressed)
    assert encode(" hello")[0] not in limits.suppressed


def test_one_beam_is_greedy(build, asked):
    build(beam_size=1, temperatures=[0.0]).transcribe([ChunkRequest(tone(1.0))])
    assert [(name, how[0]) for name, _, how in asked] == [("sample", 0.0)]


def test_numerals_can_be_suppressed(build):
    plain, without = (build(suppress_numerals=numerals) for numerals in (False, True))
    encode = plain._vocabulary.plain.encode
    digits = {token for text in (" 7", "13", "$", " 50%", "£", "€") for token in encode(text)}
    assert not digits & set(plain._engine._limits.suppressed)
    suppressed = set(without._engine._limits.suppressed)
    assert {token for token in digits if without._engine.text([token]).strip("\ufffd ")} <= (
        suppressed
    )
    assert encode(" seven")[0] not in suppressed


def test_each_row_has_its_own_prompt_and_what_it_leaves_of_the_room(build, asked):
    transcriber = build(temperatures=[0.0])
    long = "It was the best of times. " * 90
    wishes = [
        Instructions(timestamps=False),
        Instructions(prompt=long, hotwords="Ada"),
        Instructions(prompt="I see."),
    ]
    transcriber.transcribe([ChunkRequest(tone(0.5), each) for each in wishes])
    ((_, work, _),) = asked
    assert work.room == [224, 448 - 225, 224]
    written = [transcriber._vocabulary.plain.encoding.decode(prompt) for prompt in work.prompts]
    assert written[0] == "<|startoftranscript|><|notimestamps|>"
    assert written[1].startswith("<|startofprev|> Ada")
    assert written[1].endswith("best of times.<|startoftranscript|>")
    assert written[2] == "<|startofprev|> I see.<|startoftranscript|>"


def test_prompt_and_text_together_fill_the_models_context(build):
    endless = build(beam_size=1, temperatures=[0.0], suppress_tokens=[END])
    heard = endless._engine.hear([tone(0.5)])
    prompt = endless._engine.prompt(Instructions(prompt="It was. " * 200), "en")
    (found,) = endless._engine.generate(heard, [prompt], 0.0)
    assert len(prompt) + len(found.tokens) == 448
