"""What references and hypotheses come in: our formats, Whisper's and NIST's."""

from asrcore.plugin import Plugin

JSON = Plugin(
    "json",
    "asrcore_adapters.readers.whisperx_json:JsonReader",
    "our own JSON, WhisperX's and Whisper's",
)
TXT = Plugin("txt", "asrcore_adapters.readers.txt:TxtReader", "plain text, a line an utterance")
TSV = Plugin("tsv", "asrcore_adapters.readers.tsv:TsvReader", "start, end (milliseconds), text")
SRT = Plugin("srt", "asrcore_adapters.readers.srt:SrtReader", "SubRip subtitles")
VTT = Plugin("vtt", "asrcore_adapters.readers.vtt:VttReader", "WebVTT subtitles")
STM = Plugin(
    "stm", "asrcore_adapters.readers.stm:StmReader", "NIST segments: times, speaker and text"
)
CTM = Plugin("ctm", "asrcore_adapters.readers.ctm:CtmReader", "NIST words: times and confidence")
RTTM = Plugin("rttm", "asrcore_adapters.readers.rttm:RttmReader", "NIST speaker turns, no text")
