"""pyannote.audio's speaker diarization pipelines: who speaks when, overlaps included."""

from pathlib import Path

from pydantic import Field

from asrcore.plugin import DeviceSupport, Options, Plugin


class PyannoteOptions(Options):
    """Which pipeline, and how finely it listens; what is absent is as the pipeline says itself.

    Attributes:
        model: a Hub id (`org/name`), or a local folder with `config.yaml` and checkpoints.
        revision: branch, tag or commit of a pipeline on the Hub; the models that it names have
            their own (`org/name@revision` in its `config.yaml`).
        download_root: where downloads are kept; the Hub's own cache where it is absent.
        local_files_only: never use the network.
        segmentation_step: from one window to the next, as a share of a window: 0.2 hears each
            second five times. Where it is absent: the pipeline's own, else 0.2; pyannote.audio's
            0.1 takes twice the time, and four times the memory of clustering, which grows with
            the square of a recording's length.
        segmentation_batch_size: windows at once when looking for speech. More need more memory;
            where it is absent: the pipeline's own, but 4 at most on a CPU.
        embedding_batch_size: windows at once when listening to voices. Where it is absent: the
            pipeline's own, but 2 at most on a CPU.
        threshold: distance from which two groups of voices are two speakers; less makes more
            speakers.
        threads: CPU threads of torch while it works; torch's own number where it is absent.
    """

    model: str = Field("pyannote/speaker-diarization-3.1", min_length=1)
    revision: str | None = Field(None, min_length=1)
    download_root: Path | None = None
    local_files_only: bool = False
    segmentation_step: float | None = Field(None, gt=0, le=1)
    segmentation_batch_size: int | None = Field(None, ge=1)
    embedding_batch_size: int | None = Field(None, ge=1)
    threshold: float | None = Field(None, ge=0, le=2)
    threads: int | None = Field(None, ge=1)


PLUGIN = Plugin(
    name="pyannote",
    target="asrcore_adapters.pyannote.diarizer:PyannoteDiarizer",
    summary="pyannote.audio pipelines: accurate, overlapping speech included",
    options=PyannoteOptions,
    requires=("torch", "torchaudio", "pyannote.audio"),
    install="pip install 'asrcore[diarize]'",
    devices={
        "cuda": DeviceSupport(why="pyannote is many times faster there"),
        "mps": DeviceSupport(
            planned=False,
            why="pyannote has told wrong times on Metal (pyannote-audio #1337)",
        ),
        "cpu": DeviceSupport(why="pyannote's results are made for it"),
    },
    rank=20,
)
