"""What a stranger's distribution publishes: cheap, as the rules want it."""

from asrcore.plugin import DeviceSupport, Options, Plugin


class StrangerOptions(Options):
    """What the fake transcriber hears, and from which call on it sleeps or fails."""

    model: str = "any"
    text: str = "hello world"
    sleeps_from: int = 1_000
    fails_from: int = 1_000


class TalkOptions(Options):
    """Whether the fake diarizer counts and tells voices; from which call on it sleeps or fails."""

    model: str = "any"
    able: bool = True
    sleeps_from: int = 1_000
    fails_from: int = 1_000


TRANSCRIBER = Plugin(
    "stranger", "stranger_engine:Transcriber", "hears what it is told", StrangerOptions
)
AUDIO = Plugin("stranger-audio", "stranger_engine:AudioSource", "a tone for every text file")
ALIGNER = Plugin("even", "stranger_engine:Aligner", "gives every word an even share")
TALKER = Plugin(
    "talker",
    "stranger_engine:Diarizer",
    "tells speakers apart by how loud they are",
    TalkOptions,
    devices={"cpu": DeviceSupport(), "mps": DeviceSupport(planned=False, why="who knows")},
    rank=1_000,
)
DEAF = Plugin(
    "deaf",
    "stranger_engine:Deaf",
    "cannot be had",
    requires=("no_such_engine",),
    install='pip install "stranger[deaf]"',
)
ABSENT = Plugin(
    "absent",
    "stranger_engine:Absent",
    "cannot be had",
    requires=("no_such_engine",),
    install='pip install "stranger[absent]"',
)
CLUMSY = Plugin("clumsy", "stranger_engine:ClumsyWriter", "fails in the middle of the work")


class WhispererOptions(Options):
    """Which version."""

    revision: str | None = None


WHISPERER = Plugin(
    "whisperer",
    "stranger_engine:Converter",
    "writes checkpoints anew",
    WhispererOptions,
    devices={"cpu": DeviceSupport(("float16", "int8", "4"))},
)
