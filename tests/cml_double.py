"""A stand-in for the program `cml` 0.20: the same requests, marker, side effects and failures as `cml comment update`.

tests/integrations/test_cml.py holds it to the real program where that is on the PATH. It is a script of the standard
library alone, so that it can stand on the PATH of a workflow: `install_cml_double(folder)` writes the executable.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

MODES = ("working", "failing", "failing afterwards", "hanging", "hanging afterwards")
PAGE_OF_MARKER = "https://cml.dev/watermark.png"
FOREVER_S = 600


def install_cml_double(folder: Path, mode: str = "working") -> Path:
    """Write an executable `cml` into `folder`, which is made, and return the folder."""
    assert mode in MODES
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "cml"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P '{Path(__file__).resolve()}' '{mode}' \"$@\"\n")
    program.chmod(0o755)
    return folder


def main() -> None:
    mode, options = sys.argv[1], read_options(sys.argv[2:])
    add_safe_directory()
    if mode == "hanging":
        hang()
    if mode == "failing":
        fail(f"HttpError: Server Error, token {read_token()}")
    url = update_comment(options)
    if mode == "hanging afterwards":
        hang()
    if mode == "failing afterwards":
        fail("Error: the answer was lost")
    print(url)


def read_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cml")
    parser.add_argument("command", choices=["comment"])
    parser.add_argument("verb", choices=["update"])
    parser.add_argument("--publish", choices=["false"], required=True)
    parser.add_argument("--watermark-title", default="")
    parser.add_argument("--target", required=True)
    parser.add_argument("--driver", choices=["github"], required=True)
    parser.add_argument("--repo", required=True)
    parser.add_argument("markdown_file", type=Path)
    return parser.parse_args(arguments)


def update_comment(options: argparse.Namespace) -> str:
    """Edit the last comment of the first page that carries the marker, whoever wrote it, or add one."""
    match = re.fullmatch(r"https?://([^/]+)/([^/]+/[^/]+)", options.repo)
    assert match, options.repo
    host = "api.github.com" if match[1] == "github.com" else f"{match[1]}/api/v3"
    issues = f"https://{host}/repos/{match[2]}/issues"
    number = options.target.removeprefix("pr/")
    title = f"CML watermark {options.watermark_title}".strip()
    body = f'{options.markdown_file.read_text()}\n\n![]({PAGE_OF_MARKER}#{read_sha()} "{title}")'
    marker = re.compile(rf'!\[\]\({re.escape(PAGE_OF_MARKER)}#[0-9a-fA-F]+ "{re.escape(title)}"\)')
    marked = [one for one in ask("GET", f"{issues}/{number}/comments") if marker.search(one["body"])]
    if marked:
        return str(ask("PATCH", f"{issues}/comments/{marked[-1]['id']}", {"body": body})["html_url"])
    return str(ask("POST", f"{issues}/{number}/comments", {"body": body})["html_url"])


def ask(method: str, url: str, content: object = None) -> Any:
    """Make one request, without a time limit and without a second try."""
    import ssl
    import urllib.error
    import urllib.request

    context = ssl.create_default_context()
    if "NODE_EXTRA_CA_CERTS" in os.environ:
        context.load_verify_locations(os.environ["NODE_EXTRA_CA_CERTS"])
    data = None if content is None else json.dumps(content).encode()
    headers = {"Authorization": f"token {read_token()}", "Content-Type": "application/json; charset=utf-8"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        fail(f"HttpError: {json.load(error)['message']}")
    except (OSError, ValueError) as error:
        fail(f"FetchError: request to {url} failed, reason: {error}")


def read_token() -> str:
    token = os.environ.get("REPO_TOKEN") or os.environ.get("GITHUB_TOKEN")
    return token or fail("token not found")


def read_sha() -> str:
    if "GITHUB_SHA" in os.environ:
        return os.environ["GITHUB_SHA"]
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


def add_safe_directory() -> None:
    """Do what CML does to the global settings of whoever runs it."""
    subprocess.run(["git", "config", "--global", "--add", "safe.directory", "*"], check=True)


def hang() -> None:
    """Wait with a child process that holds the output open as well."""
    subprocess.run([shutil.which("sleep") or "sleep", str(FOREVER_S)], check=False)


def fail(message: str) -> NoReturn:
    print(json.dumps({"level": "error", "message": message}), file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
