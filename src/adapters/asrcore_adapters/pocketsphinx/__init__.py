"""CMU PocketSphinx with the English model in its wheel: real words, offline, on any machine."""

from pydantic import Field

from asrcore.plugin import DeviceSupport, Options, Plugin


class PocketsphinxOptions(Options):
    """The decoder's own knobs.

    Attributes:
        language_weight: how much the language model counts against the sound (PocketSphinx `lw`).
        pause: a silence of this many seconds ends a segment.
    """

    language_weight: float = Field(5.0, gt=0)
    pause: float = Field(0.5, gt=0)


class PocketsphinxAlignerOptions(Options):
    """What it knows beyond its dictionary.

    Attributes:
        pronunciations: word -> its sounds in the dictionary's notation, ARPABET: names and other
            words that would be guessed from their spelling (`{"Siobhan": "SH AH V AO N"}`).
    """

    pronunciations: dict[str, str] = Field(default_factory=dict)


PLUGIN = Plugin(
    name="pocketsphinx",
    target="asrcore_adapters.pocketsphinx.transcriber:PocketsphinxTranscriber",
    summary="English, offline, model included; far less accurate than Whisper",
    options=PocketsphinxOptions,
    requires=("pocketsphinx",),
    install="pip install 'asrcore[offline]'",
    devices={"cpu": DeviceSupport(why="PocketSphinx runs on the CPU alone")},
    batched=False,
    word_times=True,
)

ALIGNER = Plugin(
    name="pocketsphinx",
    target="asrcore_adapters.pocketsphinx.aligner:PocketsphinxAligner",
    summary="English word times, offline, model included",
    options=PocketsphinxAlignerOptions,
    requires=("pocketsphinx",),
    install="pip install 'asrcore[offline]'",
    devices={"cpu": DeviceSupport(why="PocketSphinx runs on the CPU alone")},
    rank=1,
    batched=False,
)
