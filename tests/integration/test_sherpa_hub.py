"""Downloading sherpa's models from a Hub that answers as the real one does."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from huggingface_hub import hf_hub_download

from asrcore.errors import ModelError
from asrcore_adapters.sherpa import SherpaOptions, hub
from asrcore_adapters.sherpa.models import locate_model

pytestmark = pytest.mark.integration

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b"a model"
REFUSALS = {
    "/org/no-repository/": (401, "RepoNotFound"),
    "/org/gated/": (403, "GatedRepo"),
    "/org/forbidden/": (403, ""),
    "/org/unauthorized/": (401, ""),
    "/org/broken/": (500, ""),
    "/org/models/resolve/no-revision/": (404, "RevisionNotFound"),
    "/org/models/resolve/main/no-file.onnx": (404, "EntryNotFound"),
}
"""Start of a path -> status, and the code by which the Hub says what it means."""


class Hub(BaseHTTPRequestHandler):
    asked: list[str]

    def do_HEAD(self):
        self.asked.append(self.path)
        for path, (status, code) in REFUSALS.items():
            if self.path.startswith(path):
                return self.refuse(status, code)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.send_header("ETag", '"model"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        return True

    def do_GET(self):
        if self.do_HEAD():
            self.wfile.write(CONTENT)

    def refuse(self, status, code):
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def log_message(self, *_):
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def options(server, tmp_path, monkeypatch):
    """Options with this Hub for the real one, an empty cache, and no pause before a retry."""
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(hub, "hf_hub_download", partial(hf_hub_download, endpoint=address))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return partial(SherpaOptions, download_root=tmp_path / "cache")


def test_a_model_is_downloaded_once(options):
    wanted = options(embedding="org/models@v2:sub/voices.onnx")
    path = locate_model("embedding", wanted)
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(wanted.download_root)
    assert {*Hub.asked} == {"/org/models/resolve/v2/sub/voices.onnx"}
    Hub.asked.clear()
    assert locate_model("embedding", wanted) == path
    assert Hub.asked == []


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("org/no-repository:m.onnx", "the Hub knows no model org/no-repository", "HF_TOKEN"),
        ("org/gated:m.onnx", "model org/gated:m.onnx is gated", "accept them"),
        ("org/forbidden:m.onnx", r"refuses to hand out .*:m.onnx \(HTTP 403\)", "HF_TOKEN"),
        ("org/unauthorized:m.onnx", r"refuses to hand out .*:m.onnx \(HTTP 401\)", "HF_TOKEN"),
        ("org/broken:m.onnx", "cannot be downloaded: HTTP 500", "local file"),
        ("org/models@no-revision:m.onnx", "has no revision no-revision", "org/models@main:m.onnx"),
        ("org/models:no-file.onnx", "org/models has no file no-file.onnx", "org/models:FILE"),
        ("-org/models:m.onnx", "-org/models:m.onnx is no name", "org/name:file.onnx"),
    ],
)
def test_each_refusal_is_told_apart(options, name, message, hint):
    with pytest.raises(ModelError, match=message) as caught:
        locate_model("segmentation", options(segmentation=name))
    assert hint in caught.value.hint


def test_an_unreachable_hub_is_told(options, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ModelError, match="the model hub cannot be reached") as caught:
        locate_model("segmentation", options())
    assert caught.value.hint == "name a local file with --set diarizer.options.segmentation=FILE"


def test_nothing_is_downloaded_where_it_may_not(options):
    with pytest.raises(ModelError, match="may not be downloaded"):
        locate_model("segmentation", options(local_files_only=True))
    assert Hub.asked == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_is_told_by_its_own_name(options, monkeypatch, number):
    def full(*_, local_files_only, **__):
        if local_files_only:
            raise FileNotFoundError(errno.ENOENT, "not cached")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(hub, "hf_hub_download", full)
    with pytest.raises(ModelError, match="cannot be stored") as caught:
        locate_model("embedding", options())
    assert os.strerror(number) in caught.value.message
    assert "--set diarizer.options.download_root=DIR" in caught.value.hint


def test_a_cache_that_is_no_folder_is_told(options, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"segmentation-3-0:model\.onnx"):
        locate_model("segmentation", options(download_root=tmp_path / "file"))


def test_downloading_draws_no_bars(server, tmp_path):
    """Which TQDM_POSITION has drawn off terminals, too."""
    code = """
import sys
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.models import locate_model
from huggingface_hub.utils import are_progress_bars_disabled
print(locate_model("segmentation", SherpaOptions(download_root=sys.argv[1])))
assert not are_progress_bars_disabled()
"""
    address = f"http://127.0.0.1:{server.server_port}"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=True,
        env={**ours, "HF_ENDPOINT": address, "TQDM_POSITION": "-1", "NO_PROXY": "127.0.0.1"},
    )
    assert done.stderr == ""
    assert Path(done.stdout.strip()).read_bytes() == CONTENT
