"""What asrcore lists and plans with; cheap to import."""

from asrcore.plugin import Options, Plugin


class ParrotOptions(Options):
    phrase: str = "pieces of eight"


PLUGIN = Plugin(
    name="parrot",
    target="asrcore_parrot.transcriber:Parrot",
    summary="says one phrase, whatever it hears",
    options=ParrotOptions,
)
