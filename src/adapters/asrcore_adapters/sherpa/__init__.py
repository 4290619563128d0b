"""Who speaks when over sherpa-onnx: without torch, with models that nobody has to ask for."""

from pathlib import Path

from pydantic import Field

from asrcore.plugin import DeviceSupport, Options, Plugin


class SherpaOptions(Options):
    """Two models, and how their answers become speakers.

    A model is a local .onnx file, a folder with one, or a file on the Hub, written
    `org/name:file.onnx`, or `org/name@revision:file.onnx` for a branch, tag or commit.

    Attributes:
        segmentation: hears when how many speak; a pyannote segmentation model that sherpa-onnx
            exported.
        embedding: tells voices apart; a WeSpeaker, 3D-Speaker or NeMo model, likewise.
        download_root: where downloads are kept; the Hub's own cache where it is absent.
        local_files_only: never use the network.
        threshold: cosine distance up to which two voices are one speaker's, where the number of
            speakers is not known; the less, the more speakers. Each embedding has its own.
        threads: CPU threads; 0 takes all cores of this process.
        min_duration_on: shorter turns are dropped, in seconds.
        min_duration_off: shorter pauses within a speaker's turn are bridged, in seconds.
    """

    segmentation: str = Field(
        "csukuangfj/sherpa-onnx-pyannote-segmentation-3-0:model.onnx", min_length=1
    )
    embedding: str = Field(
        "csukuangfj/speaker-embedding-models:wespeaker_en_voxceleb_resnet34_LM.onnx", min_length=1
    )
    download_root: Path | None = None
    local_files_only: bool = False
    threshold: float = Field(0.9, gt=0, lt=2)
    threads: int = Field(0, ge=0)
    min_duration_on: float = Field(0.3, ge=0)
    min_duration_off: float = Field(0.5, ge=0)


PLUGIN = Plugin(
    name="sherpa-onnx",
    target="asrcore_adapters.sherpa.diarizer:SherpaDiarizer",
    summary="Speakers without torch: pyannote's segmentation in ONNX; models are free to download",
    options=SherpaOptions,
    requires=("sherpa_onnx",),
    install="pip install 'asrcore[speakers]'",
    devices={"cpu": DeviceSupport(why="sherpa-onnx's wheels compute on the CPU")},
    rank=10,
)
