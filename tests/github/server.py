"""Serves the fake on loopback: the API below /api/v3, Git's smart HTTP below /<owner>/<name>."""

from __future__ import annotations

import base64
import json
import ssl
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.github import smart_http
from tests.github.contract import Contract
from tests.github.fake import FakeGitHub
from tests.github.operations import OPERATIONS, Answer, Call, Operation, RefusedError
from tests.github.promotion import PROMOTION_OPERATIONS
from tests.github.state import Exchange, Token

PREFIX = "/api/v3"
PAGE = 30
LARGEST_PAGE = 100
HANG_S = 60.0


@contextmanager
def serve(contract: Contract, certificate: Path | None = None) -> Iterator[FakeGitHub]:
    """Serve a new fake on a free port; with a certificate (and key, one PEM file) over TLS as "localhost"."""
    closing = threading.Event()
    server = _Server(("127.0.0.1", 0), _Handler)
    host = "127.0.0.1"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        host = "localhost"
    scheme = "https" if certificate else "http"
    server.closing = closing
    server.fake = FakeGitHub(contract, f"{scheme}://{host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.fake
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeGitHub
    closing: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a fault of the fake itself fails the test."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | ssl.SSLError | TimeoutError):
            self.fake.violations.append(f"the fake failed: {error!r}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815  http.server asks for these names

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the fake keeps every exchange."""

    def _handle(self) -> None:
        address = urlsplit(self.path)
        body = self._read_body()
        if not address.path.startswith(PREFIX + "/"):
            self._serve_git(address.path, address.query, body)
            return
        path, query = address.path.removeprefix(PREFIX), dict(parse_qsl(address.query, keep_blank_values=True))
        fake = self.server.fake
        with fake.lock:
            fault = fake.take_fault(self.command, path)
        kind = fault.kind if fault else None
        if kind in ("hang", "dropped"):
            self._record(path, query, body, 0)
            self.server.closing.wait(HANG_S if kind == "hang" else 0)
            self._drop()
            return
        if fault and kind != "dropped after the effect":
            status, message, headers = fault.answer()
            self._record(path, query, body, status)
            self._send(status, _error(message), headers)
            return
        with fake.lock:
            status, content, headers = self._answer(path, query, body)
        self._record(path, query, body, 0 if fault else status)
        if fault:
            self._drop()
        else:
            self._send(status, content, headers)

    def _answer(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        """Answer a request of the API; the contract is checked on the way in and on the way out."""
        fake = self.server.fake
        request = fake.contract.request(self.command, path, query, body)
        fault = fake.contract.fault_of_request(request)
        headers: Mapping[str, str] = {}
        if fault is not None:
            fake.violations.append(f"{self.command} {path} breaks GitHub's contract: {fault}")
            return 422, _error("Validation Failed"), headers
        try:
            answer = self._operate(path, query, body)
            status, content = answer.status, answer.body
            if answer.paged:
                content, headers = self._page(path, query, content)
            sent = b"" if content is None else json.dumps(content).encode()
        except RefusedError as refusal:
            status, sent, headers = refusal.status, _error(refusal.message), refusal.headers
        fault = fake.contract.fault_of_answer(request, status, sent)
        if fault is not None:
            fake.violations.append(f"the answer to {self.command} {path} breaks GitHub's contract: {fault}")
        return status, sent, headers

    def _operate(self, path: str, query: dict[str, str], body: bytes) -> Answer:
        token = self._token()
        if token is None:
            raise RefusedError(401, "Bad credentials")
        fake = self.server.fake
        fake.notice_pushes()
        for operation in (*OPERATIONS, *PROMOTION_OPERATIONS):
            names = operation.match(self.command, path)
            if names is not None:
                call = Call(fake, token, names, query, json.loads(body) if body else {})
                if "repo" in names:
                    call.found = fake.repositories.get(f"{names['owner']}/{names['repo']}")
                    if call.found is None:
                        raise RefusedError(404, "Not Found")
                _demand(operation, token)
                return operation.handle(call)
        raise RefusedError(404, "Not Found")

    def _page(self, path: str, query: dict[str, str], items: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """Return one page and the header that leads to the others.

        https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
        """
        size = min(int(query.get("per_page", PAGE)), LARGEST_PAGE)
        page, last = int(query.get("page", 1)), max(1, -(-len(items) // size))
        wanted = {"first": 1, "prev": page - 1} if page > 1 else {}
        wanted |= {"next": page + 1, "last": last} if page < last else {}
        base = f"{self.server.fake.api_url}{path}"
        links = [f'<{base}?{urlencode(query | {"page": str(to)})}>; rel="{name}"' for name, to in wanted.items()]
        return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}

    def _serve_git(self, path: str, query: str, body: bytes) -> None:
        fake, token = self.server.fake, self._token()
        with fake.lock:
            fake.notice_pushes()
            status, headers, content = smart_http.answer(
                fake.repositories, token, self.command, path, query, dict(self.headers.items()), body
            )
            fake.notice_pushes(token.login if token else None)
        self._send(status, content, headers)

    def _token(self) -> Token | None:
        """Return who asks: "token T", "Bearer T", or Git's basic authentication with the token as password."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            value = base64.b64decode(value).decode().partition(":")[2]
        return self.server.fake.find_token(value)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _record(self, path: str, query: dict[str, str], body: bytes, status: int) -> None:
        token = self._token()
        content = json.loads(body) if body else None
        exchange = Exchange(self.command, path, query, content, token.login if token else None, status)
        self.server.fake.exchanges.append(exchange)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        usual = {"Content-Type": "application/json; charset=utf-8", "X-RateLimit-Limit": "5000"}
        usual |= {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "4102444800"}
        self.send_response(status)
        for name, value in (usual | dict(headers)).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()


def _demand(operation: Operation, token: Token) -> None:
    if operation.accepts and not any(token.may(needed) for needed in operation.accepts):
        kind = "integration" if token.installation else "personal access token"
        raise RefusedError(
            403,
            f"Resource not accessible by {kind}",
            **{"X-Accepted-GitHub-Permissions": "; ".join(operation.accepts)},
        )


def _error(message: str) -> bytes:
    return json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"}).encode()
