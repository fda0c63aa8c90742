"""Holds requests and answers to GitHub's published OpenAPI document."""

from __future__ import annotations

import copy
from typing import Any

from openapi_core import OpenAPI
from openapi_core.configurations import Config
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing.requests import MockRequest
from openapi_core.testing.responses import MockResponse

Json = dict[str, Any]

HOST = "https://api.github.com"
LONGEST = 200


class Contract:
    """GitHub's document, cut to the operations that the fake knows (tools/github_contract.py)."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._checker = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))

    def request(self, method: str, path: str, query: dict[str, str], body: bytes) -> MockRequest:
        """Return a request as the document's servers see it; `path` is still percent-encoded."""
        return MockRequest(HOST, method, path, args=query, data=body, content_type="application/json")

    def fault_of_request(self, request: MockRequest) -> str | None:
        """Say how a request breaks the contract; None where it keeps it."""
        try:
            self._checker.validate_request(request)
        except OpenAPIError as error:
            return _explain(error)
        return None

    def fault_of_answer(self, request: MockRequest, status: int, body: bytes) -> str | None:
        """Say how an answer breaks the contract; an error that the document does not list needs only its message."""
        if status >= 400 and str(status) not in self._responses(request):
            return None if b'"message"' in body else f"a {status} without a message"
        try:
            self._checker.validate_response(request, MockResponse(body, status, content_type="application/json"))
        except OpenAPIError as error:
            return _explain(error)
        return None

    def example(self, operation: str, status: int = 200) -> Any:
        """Return a copy of GitHub's first example answer to an operation ("GET /user")."""
        method, path = operation.split(" ")
        content = self._document["paths"][path][method.lower()]["responses"][str(status)]["content"]
        example = next(iter(content["application/json"]["examples"].values()))
        example = self._follow(example)
        value = self._follow(example["value"])
        return copy.deepcopy(value.get("value", value) if isinstance(value, dict) else value)

    def _follow(self, value: Any) -> Any:
        """Return the example that a reference names; one of GitHub's examples has a reference for its value."""
        if not isinstance(value, dict) or "$ref" not in value:
            return value
        return self._document["components"]["examples"][value["$ref"].rsplit("/", 1)[1]]

    def _responses(self, request: MockRequest) -> Json:
        for path, operations in self._document["paths"].items():
            if _matches(path, request.path) and request.method in operations:
                responses: Json = operations[request.method]["responses"]
                return responses
        return {}


def _matches(pattern: str, path: str) -> bool:
    expected, found = pattern.split("/"), path.split("/")
    return len(expected) == len(found) and all(
        wanted.startswith("{") or wanted == part for wanted, part in zip(expected, found, strict=True)
    )


def _explain(error: BaseException) -> str:
    """Return what is wrong, without the whole value: openapi-core keeps that behind several causes."""
    cause: BaseException = error
    while cause.__cause__ is not None and not hasattr(cause, "schema_errors"):
        cause = cause.__cause__
    faults = [
        f"{'/'.join(map(str, fault.absolute_path)) or 'body'}: {_short(fault.message)}"
        for fault in getattr(cause, "schema_errors", ())
    ]
    return "; ".join(faults) or _short(f"{type(cause).__name__}: {cause}")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
