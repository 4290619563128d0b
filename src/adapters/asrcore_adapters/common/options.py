"""Options that adapters share."""

from __future__ import annotations

from pathlib import Path

from asrcore.plugin import Options


class HubOptions(Options):
    """How models that are named by Hub id are had.

    Attributes:
        revision: branch, tag or commit of Hub models.
        download_root: where downloads are kept; the Hub's own cache where it is absent.
        local_files_only: never use the network.
    """

    revision: str | None = None
    download_root: Path | None = None
    local_files_only: bool = False
