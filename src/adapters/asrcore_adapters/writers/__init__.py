"""The text formats: txt, srt, vtt, tsv and WhisperX-compatible json; and rttm, which has turns."""

from pydantic import Field

from asrcore.plugin import Options, Plugin


class SubtitleOptions(Options):
    """How cues are cut.

    Attributes:
        line_length: characters a line.
        lines: lines a cue.
        duration: longest cue in seconds.
        pause: a pause of this many seconds ends a cue.
    """

    line_length: int = Field(42, ge=1)
    lines: int = Field(2, ge=1)
    duration: float = Field(7.0, gt=0)
    pause: float = Field(1.5, ge=0)


class JsonOptions(Options):
    """How the document is laid out; `indent` 0 puts it on one line."""

    indent: int = Field(2, ge=0)


TXT = Plugin("txt", "asrcore_adapters.writers.txt:TxtWriter", "plain text, a line a segment")
TSV = Plugin(
    "tsv", "asrcore_adapters.writers.tsv:TsvWriter", "start, end (milliseconds), text, speaker"
)
SRT = Plugin("srt", "asrcore_adapters.writers.srt:SrtWriter", "SubRip subtitles", SubtitleOptions)
VTT = Plugin("vtt", "asrcore_adapters.writers.vtt:VttWriter", "WebVTT subtitles", SubtitleOptions)
RTTM = Plugin(
    "rttm", "asrcore_adapters.writers.rttm:RttmWriter", "NIST speaker turns; needs speakers"
)
JSON = Plugin(
    "json",
    "asrcore_adapters.writers.whisperx_json:JsonWriter",
    "everything, with WhisperX's keys",
    JsonOptions,
)
