"""The other job: a recording and its known text in, the text with times out.

Text without times may be long: an engine hears the recording, with mistakes, and where it agrees
with the text, both are cut into windows, which are aligned like chunks. Text with times (cues) is
cut by these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import fmean

from asrcore.domain.alignment.anchors import LONGEST, Window, cue_windows, windows
from asrcore.domain.alignment.estimates import completed, spread
from asrcore.domain.alignment.pieces import pieces
from asrcore.domain.annotation import Annotation, Utterance
from asrcore.domain.chunking import ChunkLimits, chunk_speech
from asrcore.domain.events import RecordingFinished, RecordingStarted, TextAligned, Warned
from asrcore.domain.language import split_words
from asrcore.domain.recording import Recording
from asrcore.domain.request import AlignRequest, Instructions
from asrcore.domain.transcript import Segment, Transcript, Word
from asrcore.errors import AsrError, ConfigError, EngineError, InputError
from asrcore.ports.aligner import Aligner
from asrcore.ports.audio_source import AudioSource
from asrcore.ports.listener import Listener
from asrcore.ports.progress import Progress
from asrcore.ports.sentence_splitter import SentenceSplitter
from asrcore.ports.transcriber import Transcriber
from asrcore.usecases.align import AlignerLine
from asrcore.usecases.job import Job, in_words
from asrcore.usecases.language import detect_language
from asrcore.usecases.load import load_audio
from asrcore.usecases.sentences import sentences
from asrcore.usecases.stages import refuse_characters

MISFIT = 0.2
"""A text of which a larger part is not heard may be the wrong one."""
BATCH = 8
"""Windows that an aligner gets at once."""

Hear = Callable[[Recording, str | None], Transcript]
"""A recording and its language code to what a transcriber hears in it."""


@dataclass(frozen=True)
class AlignText:
    """Aligns known text to recordings.

    Attributes:
        audio_source: decodes.
        aligners: by name, the first choice first.
        splitter: cuts text without times into sentences; None leaves its lines as they are.
        transcriber: makes the transcriber, which tells the language where nothing else does.
        hear: transcribes a recording whose text has no times, where no aligner can listen.
        progress: hears the events of every run.
        characters: whether words get the times of their characters.
    """

    audio_source: AudioSource
    aligners: Mapping[str, Aligner]
    splitter: SentenceSplitter | None
    transcriber: Callable[[], Transcriber]
    hear: Hear
    progress: Progress
    characters: bool = False

    def run(self, recording: Recording, text: Annotation, language: str | None) -> Transcript:
        """The text with the times of its words.

        Raises:
            ConfigError: there is no aligner, it has no times of characters though these are
                wanted, or nothing tells the language.
            InputError: the recording cannot be used, or there is no text.
        """
        if not self.aligners:
            raise ConfigError("aligner.backend: there is none that could align", "run: asr doctor")
        said = [each for each in text.utterances or () if each.text.strip()]
        if not said:
            raise InputError("there is no text to align")
        refuse_characters(self.aligners, wanted=self.characters)
        self.progress(RecordingStarted(recording))
        transcript = self._transcript(Job(recording, Instructions(language)), said)
        for message in transcript.warnings:
            self.progress(Warned(recording, message))
        self.progress(RecordingFinished(recording, transcript))
        return transcript

    def _transcript(self, job: Job, said: Sequence[Utterance]) -> Transcript:
        with job.guarded("preparing"):
            with job.timed("decode"):
                job.audio = load_audio(self.audio_source, job.recording, job.warn)
            if job.instructions.language is None:
                self._detect_language(job)
        if job.error is not None:
            raise job.error
        with job.timed("align"):
            segments = tuple(self._segments(job, said))
        if self.splitter is not None and not _timed(said):
            segments = sentences(job, segments, self.splitter)
        return Transcript(
            segments,
            job.instructions.language,
            job.language_probability,
            job.sound.duration,
            tuple(job.warnings),
            dict(job.timings),
            name=job.recording.stem,
        )

    def _detect_language(self, job: Job) -> None:
        try:
            transcriber = self.transcriber()
            job.chunks = chunk_speech((job.sound.span,), job.sound, ChunkLimits())
            detect_language(transcriber, job)
        except AsrError as error:
            raise _unknown_language() from error
        known = transcriber.capabilities.languages or ()
        if job.instructions.language is None and len(known) == 1:
            job.instructions = replace(job.instructions, language=next(iter(known)))
        if job.instructions.language is None:
            raise _unknown_language()

    def _segments(self, job: Job, said: Sequence[Utterance]) -> Iterator[Segment]:
        """The utterances with times."""
        texts = [split_words(each.text, job.instructions.language) for each in said]
        if _timed(said):
            spans = [each.span for each in said if each.span is not None]
            cues = [(len(text), span) for text, span in zip(texts, spans, strict=True)]
            aligned = self._in_windows(job, texts, cue_windows(cues, job.sound.duration), 0.0)
        else:
            words = [word for text in texts for word in text]
            found = windows(words, self._heard(job), job.sound.duration)
            aligned = self._in_windows(job, texts, found, job.sound.duration)
        _warn_of_misfit(job, aligned)
        bounds = accumulate(map(len, texts), initial=0)
        for utterance, (first, stop) in zip(said, pairwise(bounds), strict=True):
            yield _segment(utterance, aligned[first:stop], job.instructions.language)

    def _heard(self, job: Job) -> list[Word]:
        """What some engine hears: an aligner that listens, else the transcriber.

        Nothing, where that is no help or cannot be had: then text and recording stay whole.
        """
        if job.sound.duration <= LONGEST:
            return []
        for name, aligner in self.aligners.items():
            if isinstance(aligner, Listener):
                try:
                    return list(self._listen(aligner, job))
                except Exception as error:  # noqa: BLE001 - the transcriber can, too
                    job.warn(f"{name} could not listen: {in_words(error)}")
        try:
            transcript = self.hear(job.recording, job.instructions.language)
        except AsrError as error:
            job.warn(f"nobody could listen, so the text is looked for in one piece: {error}")
            return []
        return [word for segment in transcript.segments for word in _words_of(segment)]

    def _listen(self, listener: Listener, job: Job) -> Iterator[Word]:
        spans = pieces(job.sound)
        for start in range(0, len(spans), BATCH):
            some = spans[start : start + BATCH]
            sounds = [job.sound.slice(span) for span in some]
            heard = listener.hear(sounds, job.instructions.language)
            for span, words in zip(some, heard, strict=True):
                yield from (word.shift(span.start) for word in words)
            self.progress(TextAligned(job.recording, some[-1].end, 2 * job.sound.duration))

    def _in_windows(
        self, job: Job, texts: Sequence[Sequence[str]], found: Sequence[Window], before: float
    ) -> list[Word]:
        """All words with times; `before` are the seconds of work that are done already."""
        line = AlignerLine(self.aligners)
        words = [word for text in texts for word in text]
        aligned: list[Word] = []
        placed = 0
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            requests = [self._request(job, texts, each) for each in some]
            results, notes = line.align(requests)
            placed += len(results)
            for note in notes:
                job.warn(note)
            for index, window in enumerate(some):
                written = words[window.first : window.stop]
                heard = [word for text in results.get(index, ()) for word in text]
                got = _as_written(written, heard)
                said = completed(written, got, window.span.duration)
                aligned += [word.shift(window.span.start) for word in said]
            total = before + job.sound.duration
            text = " ".join(words[some[-1].first : some[-1].stop])
            self.progress(TextAligned(job.recording, before + some[-1].span.end, total, text))
        if not placed:
            raise EngineError(f"{job.recording.name}: {job.warnings[-1]}")
        return aligned

    def _request(self, job: Job, texts: Sequence[Sequence[str]], window: Window) -> AlignRequest:
        # The spaces keep words apart also where the language has none.
        parts = tuple(" ".join(part) for part in _parts(texts, window))
        language = job.instructions.language
        return AlignRequest(job.sound.slice(window.span), parts, language, self.characters)


def _timed(said: Sequence[Utterance]) -> bool:
    """Whether the text tells when all of it is said."""
    return all(utterance.span is not None for utterance in said)


def _parts(texts: Sequence[Sequence[str]], window: Window) -> Iterator[Sequence[str]]:
    """What of each text lies in a window, where anything does."""
    begin = 0
    for text in texts:
        part = text[max(0, window.first - begin) : max(0, window.stop - begin)]
        begin += len(text)
        if part:
            yield part


def _warn_of_misfit(job: Job, words: Sequence[Word]) -> None:
    """Tell where much of a text was not heard."""
    said = [word for word in words if any(each.isalnum() for each in word.text)]
    missed = sum(word.estimated for word in said)
    if missed > MISFIT * len(said):
        job.warn(
            f"{missed} of {len(said)} words were not heard where they should be: is it the text "
            "of this recording, in this language? Where its times are wrong, try --ignore-times"
        )


def _unknown_language() -> ConfigError:
    return ConfigError("nothing tells the language of the text", "name it: --language en")


def _as_written(words: Sequence[str], aligned: Sequence[Word]) -> list[Word]:
    """An aligner's words put together where it cuts finer; none where it tells of others."""
    pieces = iter(aligned)
    found: list[Word] = []
    for text in words:
        some: list[Word] = []
        while len(_text(some)) < len(text) and (piece := next(pieces, None)) is not None:
            some.append(piece)
        if _text(some) != text:
            return []
        found.append(some[0] if len(some) == 1 else _together(some))
    return found


def _together(pieces: Sequence[Word]) -> Word:
    spans = [piece.span for piece in pieces if piece.span is not None]
    scores = [piece.score for piece in pieces if piece.score is not None]
    return Word(
        _text(pieces),
        spans[0] | spans[-1] if spans else None,
        fmean(scores) if scores else None,
        estimated=all(piece.estimated for piece in pieces),
        characters=tuple(each for piece in pieces for each in piece.characters),
    )


def _text(pieces: Sequence[Word]) -> str:
    return "".join(piece.text for piece in pieces)


def _words_of(segment: Segment) -> Sequence[Word]:
    """A segment's words; where it has none, its text spread over its span."""
    if segment.words:
        return segment.words
    words = spread(segment.text.split(), segment.span.duration, score=None)
    return [word.shift(segment.span.start) for word in words]


def _segment(utterance: Utterance, words: Sequence[Word], language: str | None) -> Segment:
    """An utterance with its aligned words; who says them is kept."""
    told = [word.speaker for word in utterance.words]
    if len(told) != len(words):
        told = [None] * len(words)
    spoken = tuple(
        replace(word, speaker=speaker or utterance.speaker)
        for word, speaker in zip(words, told, strict=True)
    )
    spans = [word.span for word in spoken if word.span is not None]
    return Segment(spans[0] | spans[-1], utterance.text, spoken, utterance.speaker, language)
