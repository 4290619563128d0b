"""What a transcript is measured by: words, their times, speakers, and who said which words."""

from typing import Literal

from pydantic import Field

from asrcore.plugin import Options, Plugin

Normalizer = Literal["whisper-english", "whisper-basic", "none"]
INSTALL = "pip install 'asrcore[eval]'"


class WordOptions(Options):
    """Which differences are none.

    Attributes:
        normalizer: `whisper-english` is Whisper's own for English: case, punctuation, spelling,
            numbers, contractions, fillers; `whisper-basic` takes away case, punctuation and
            what stands in brackets, in any language; `none` compares as written.
    """

    normalizer: Normalizer = "whisper-english"


class SpeakerOptions(Options):
    """What is not scored.

    Attributes:
        collar: seconds around every boundary of the reference that are left out, both sides
            together: 0.5 leaves out 0.25 before and 0.25 after, as md-eval's `-c 0.25` does.
        skip_overlap: leave out where several speakers of the reference speak at once.
    """

    collar: float = Field(0.0, ge=0)
    skip_overlap: bool = False


WORDS = Plugin(
    "words",
    "asrcore_adapters.metrics.words:WordErrors",
    "word and character error rate, by jiwer",
    WordOptions,
    requires=("jiwer", "whisper_normalizer"),
    install=INSTALL,
)
TIMES = Plugin(
    "times",
    "asrcore_adapters.metrics.times:WordTimes",
    "how far the starts and ends of words lie from the reference's",
    WordOptions,
    requires=("rapidfuzz", "whisper_normalizer"),
    install=INSTALL,
)
SPEAKERS = Plugin(
    "speakers",
    "asrcore_adapters.metrics.speakers:SpeakerErrors",
    "diarization and Jaccard error rate, by pyannote.metrics",
    SpeakerOptions,
    requires=("pyannote.metrics",),
    install=INSTALL,
)
SPEAKER_WORDS = Plugin(
    "speaker-words",
    "asrcore_adapters.metrics.speaker_words:SpeakerWordErrors",
    "word error rate that also counts words said by the wrong speaker (cpWER)",
    WordOptions,
    requires=("rapidfuzz", "scipy", "whisper_normalizer"),
    install=INSTALL,
)
