"""Downloading sherpa's models from a Hub that answers as the real one does."""

import errno
import os
import subprocess
import sys
import traceback
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
TOKEN = "hf_aVerySecretTokenOfMine"
REFUSALS = {
    "/org/unknown/": (404, {"X-Error-Code": "RepoNotFound"}),
    "/org/gated/": (403, {"X-Error-Code": "GatedRepo"}),
    "/org/outdated/": (401, {"X-Error-Code": "GatedRepo"}),
    "/org/forbidden/": (403, {}),
    "/org/unauthorized/": (401, {"X-Error-Message": "Invalid credentials"}),
    "/org/broken/": (500, {}),
    "/org/echo/": (400, {"X-Error-Message": f"Bearer {TOKEN} is odd"}),
    "/org/models/resolve/no-revision/": (404, {"X-Error-Code": "RevisionNotFound"}),
    "/org/models/resolve/main/no-file.onnx": (404, {"X-Error-Code": "EntryNotFound"}),
}
"""Start of a path -> status, and the headers by which the Hub says what it means."""


class Hub(BaseHTTPRequestHandler):
    asked: list[str]
    tokens: set[str | None]

    def do_HEAD(self):
        self.asked.append(self.path)
        self.tokens.add(self.headers.get("Authorization"))
        for path, (status, headers) in REFUSALS.items():
            if self.path.startswith(path):
                return self.refuse(status, headers)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.send_header("ETag", '"model"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        return True

    def do_GET(self):
        if self.do_HEAD():
            self.wfile.write(CONTENT)

    def refuse(self, status, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()
        return False

    def log_message(self, *_):
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Hub.asked, Hub.tokens = [], set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def options(server, tmp_path, monkeypatch):
    """Options with this Hub for the real one, a token, an empty cache, and no pause in retries."""
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(hub, "hf_hub_download", partial(hf_hub_download, endpoint=address))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
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


@pytest.fixture
def no_token(monkeypatch, tmp_path):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))


def refusal(options, name):
    with pytest.raises(ModelError) as caught:
        locate_model("segmentation", options(segmentation=name))
    return caught.value


ACCOUNT = "https://huggingface.co/settings/tokens"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("org/unknown:m.onnx", "your token may not read it", "https://huggingface.co/org/unknown"),
        ("org/gated:m.onnx", "conditions are not accepted", "https://huggingface.co/org/gated"),
        ("org/outdated:m.onnx", "is gated, and the Hub does not take your token", "HF_TOKEN="),
        ("org/forbidden:m.onnx", "the Hub forbids you to read it", ACCOUNT),
        ("org/unauthorized:m.onnx", "the Hub does not take your token", "hf auth login"),
        ("org/broken:m.onnx", "and the Hub answers 500, try later", "segmentation=FILE"),
        ("org/echo:m.onnx", "and the Hub answers 400", "segmentation=FILE"),
        ("org/models@no-revision:m.onnx", "has no revision no-revision", "org/models@main:m.onnx"),
        ("org/models:no-file.onnx", "org/models has no file no-file.onnx", "org/models:FILE"),
        ("-org/models:m.onnx", "-org/models:m.onnx is no name", "org/name:file.onnx"),
    ],
)
def test_each_refusal_is_told_apart(options, name, message, hint):
    error = refusal(options, name)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("name", "message", "page"),
    [
        ("org/gated", "is gated, and you have no token", "https://huggingface.co/org/gated"),
        ("org/unknown", "private and you have no token", "https://huggingface.co/org/unknown"),
        ("org/unauthorized", "the Hub asks for a token", ACCOUNT),
    ],
)
def test_who_has_no_token_is_told_where_to_get_one(request, options, name, message, page):
    request.getfixturevalue("no_token")
    error = refusal(options, f"{name}:m.onnx")
    assert message in error.message
    assert page in error.hint
    assert "HF_TOKEN=" in error.hint
    assert "hf auth login" in error.hint


def test_an_unreachable_hub_is_told(options, server):
    server.shutdown()
    server.server_close()
    error = refusal(options, "org/models:m.onnx")
    assert "the Hub cannot be reached" in error.message
    assert error.hint == "name a local file with --set diarizer.options.segmentation=FILE"


def test_a_hub_that_is_switched_off_is_told(options, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE forbids" in refusal(options, "org/models:m.onnx").message


@pytest.mark.parametrize("token", [TOKEN, "myOwnKindOfToken"])
def test_a_failure_of_any_kind_does_not_tell_the_token(options, monkeypatch, token):
    def fail(*_, local_files_only, **__):
        if local_files_only:
            raise FileNotFoundError(errno.ENOENT, "not cached")
        try:
            raise ValueError(f"no header: {token}")
        except ValueError as cause:
            raise RuntimeError(f"refused with {token}") from cause

    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setattr(hub, "hf_hub_download", fail)
    error = refusal(options, "org/models:m.onnx")
    assert "refused with (token)" in error.message
    assert token not in "".join(traceback.format_exception(error))


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


CODE = """
import sys, time, traceback
from asrcore.errors import ModelError
from asrcore_adapters.sherpa import SherpaOptions
from asrcore_adapters.sherpa.models import locate_model
from huggingface_hub.utils import are_progress_bars_disabled, logging
time.sleep = lambda _: None  # the Hub's client tries five times
verbosity = logging.get_verbosity()
for name in sys.argv[2:]:
    options = SherpaOptions(segmentation=name, download_root=sys.argv[1])
    try:
        print(locate_model("segmentation", options))
    except ModelError:
        traceback.print_exc(file=sys.stdout)
assert not are_progress_bars_disabled()
assert logging.get_verbosity() == verbosity
"""


@pytest.fixture
def fetched(server, tmp_path):
    """A process of its own with the Hub's usual settings, in which some names are looked for."""

    def fetch(*names):
        ours = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        return subprocess.run(
            [sys.executable, "-c", CODE, str(tmp_path / "cache"), *names],
            capture_output=True,
            text=True,
            check=True,
            env={
                **ours,
                "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
                "HF_HOME": str(tmp_path / "home"),
                "HF_TOKEN": TOKEN,
                "TQDM_POSITION": "-1",
                "NO_PROXY": "127.0.0.1",
            },
        )

    return fetch


def test_downloading_draws_no_bars(fetched):
    """Which TQDM_POSITION has drawn off terminals, too."""
    done = fetched("org/models:m.onnx")
    assert done.stderr == ""
    assert Path(done.stdout.strip()).read_bytes() == CONTENT


def test_retries_are_not_printed(fetched):
    done = fetched("org/broken:m.onnx")
    assert Hub.asked.count("/org/broken/resolve/main/m.onnx") > 1
    assert "the Hub answers 500" in done.stdout
    assert done.stderr == ""


def test_the_token_goes_to_the_hub_and_nowhere_else(fetched, tmp_path):
    """Not to the terminal, not into a traceback, not into a file."""
    done = fetched("org/models:m.onnx", "org/gated:m.onnx", "org/echo:m.onnx")
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert Hub.tokens == {f"Bearer {TOKEN}"}
    assert CONTENT in stored
    assert "Bearer (token) is odd" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    assert not any(TOKEN.encode() in content for content in stored)
