"""How a call to GitHub is repeated, and what is said when it fails.

PyGithub's own retry repeats a POST that may have been carried out, and waits
for as long as GitHub asks; so it is off, and calls are repeated here.
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

import requests
from github import BadAttributeException, GithubException, RateLimitExceededException

from headway.contracts.github import COMMENT_LIMIT
from headway.errors import HeadwayError, InputError, OutsideError

Result = TypeVar("Result")

_UNREADABLE = (
    AssertionError,
    AttributeError,
    BadAttributeException,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What PyGithub raises for an answer that is not GitHub's, such as a proxy's page or a redirect to another host."""
_LONGEST = 200
_SERVER_ERROR = 500
_PAUSE_UNKNOWN_S = 60.0


@dataclass(frozen=True)
class Patience:
    """How long a call goes on.

    Attributes:
        first_wait_s: pause before the second attempt; each further one is twice as long.
        total_s: no attempt begins later than this after the first.
        request_timeout_s: of one request, to connect and for each read.
        sleep, clock: of the process; the clock never goes back.
    """

    first_wait_s: float = 1.0
    total_s: float = 45.0
    request_timeout_s: int = 12
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Call:
    """What a call is about, for messages.

    Attributes:
        action: what was to be done, as a verb: "comment on pull request 7 of acme/yolo".
        permission: what the token needs, as a workflow writes it: "pull-requests: write".
    """

    action: str
    permission: str


def find_nothing() -> None:
    """Say that a call may be repeated blindly: a second time changes nothing."""


class Caller:
    """Makes calls with patience.

    Args:
        host: for messages.
        token: is taken out of them.
        patience: how long a call goes on.
    """

    def __init__(self, host: str, token: str, patience: Patience) -> None:
        self._host = host
        self._token = token
        self._patience = patience

    def __call__(
        self,
        call: Call,
        work: Callable[[], Result],
        *,
        find: Callable[[], Result | None] | None = find_nothing,
    ) -> Result:
        """Return what `work` returns, after as many attempts as patience and GitHub allow.

        When an attempt failed so that it may have been carried out all the
        same, `find` looks for its result before the next one. Without `find`
        there is no next one.

        Raises:
            InputError, OutsideError: as `ports.Forge` tells.
        """
        clock, end = self._patience.clock, self._patience.clock() + self._patience.total_s
        wait_s, in_doubt = self._patience.first_wait_s, False
        while True:
            try:
                found = find() if in_doubt and find else None
                in_doubt = False
                return work() if found is None else found
            except (GithubException, requests.RequestException) as error:
                pause_s = max(wait_s, _asked_pause_s(error))
                in_doubt = in_doubt or not is_rate_limit(error)
                final = not _passes(error) or (in_doubt and find is None) or clock() + pause_s > end
                if final:
                    raise self._failure(error, call) from error
            except _UNREADABLE as error:
                raise OutsideError(
                    f"{self._host} did not answer as GitHub does when asked to {call.action}",
                    hint="check GITHUB_API_URL, and what stands between here and it",
                ) from error
            self._patience.sleep(pause_s)
            wait_s *= 2

    def _failure(self, error: GithubException | requests.RequestException, call: Call) -> HeadwayError:
        if isinstance(error, requests.RequestException):
            return _unreachable(error, self._host, call)
        said = self._plain(_message(error))
        if is_rate_limit(error):
            pause_s = _asked_pause_s(error)
            when = f"in {pause_s:.0f} s" if pause_s else "in some minutes"
            return OutsideError(f"GitHub limits the rate of requests ({said})", hint=f"try again {when}")
        if _is_server_error(error):
            return OutsideError(f"GitHub failed to {call.action} ({said})", hint="try again later")
        return _refusal(error, said, call)

    def _plain(self, text: str) -> str:
        """Return one short line without the token and without anything that a terminal or a log acts upon."""
        line = " ".join(text.replace(self._token, "***").split())
        return "".join(character for character in line if character.isprintable())[:_LONGEST]


def is_rate_limit(error: Exception) -> bool:
    """Say whether GitHub refused a request, without carrying it out, because there were too many."""
    if isinstance(error, RateLimitExceededException):
        return True
    if not isinstance(error, GithubException):
        return False
    limited = "retry-after" in _headers(error) or _headers(error).get("x-ratelimit-remaining") == "0"
    return error.status == requests.codes.too_many_requests or (error.status == requests.codes.forbidden and limited)


def _passes(error: Exception) -> bool:
    """Say whether the same request may succeed later."""
    if isinstance(error, GithubException):
        return is_rate_limit(error) or _is_server_error(error)
    temporary = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, temporary) and not isinstance(error, requests.exceptions.SSLError)


def _is_server_error(error: GithubException) -> bool:
    return error.status is not None and error.status >= _SERVER_ERROR


def _asked_pause_s(error: Exception) -> float:
    """Return how long GitHub asks to wait; 0 where it does not."""
    if not isinstance(error, GithubException):
        return 0.0
    headers = _headers(error)
    if headers.get("retry-after", "").isdigit():
        return float(headers["retry-after"])
    if is_rate_limit(error) and headers.get("x-ratelimit-remaining") == "0":
        return _until_reset_s(headers)
    return 0.0


def _until_reset_s(headers: Mapping[str, str]) -> float:
    """Return the seconds from an answer's date to the reset that it names, by GitHub's clock alone."""
    try:
        asked_at = parsedate_to_datetime(headers["date"]).timestamp()
        return max(0.0, float(headers["x-ratelimit-reset"]) - asked_at + 1)
    except (KeyError, ValueError):
        return _PAUSE_UNKNOWN_S


def _unreachable(error: requests.RequestException, host: str, call: Call) -> HeadwayError:
    if isinstance(error, requests.exceptions.SSLError):
        return OutsideError(
            f"the certificate of {host} is not trusted",
            hint="name the file with your own certificate authority in REQUESTS_CA_BUNDLE",
        )
    kind = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
    return OutsideError(f"{host} {kind} when asked to {call.action}", hint="check the network, then try again")


def _refusal(error: GithubException, said: str, call: Call) -> InputError:
    if error.status == requests.codes.unauthorized:
        return InputError(
            f"GitHub does not accept the token ({said})",
            hint="it is wrong or has expired; set HEADWAY_TOKEN or GITHUB_TOKEN to another",
        )
    if error.status == requests.codes.forbidden:
        return InputError(f"the token may not {call.action} ({said})", hint=_missing(error, said, call))
    if error.status in {requests.codes.not_found, requests.codes.gone}:
        return InputError(
            f"cannot {call.action}: there is no such thing, or the token may not see it ({said})",
            hint=f"check the names; a token without {call.permission} may be answered the same",
        )
    return InputError(f"GitHub refuses to {call.action} ({said})", hint=_correction(said))


def _missing(error: GithubException, said: str, call: Call) -> str:
    if "locked" in said.lower():
        return "unlock the conversation"
    if "archived" in said.lower():
        return "the repository is archived; nothing in it can be changed"
    accepted = _headers(error).get("x-accepted-github-permissions", "")
    wanted = accepted.replace("_", "-").replace("=", ": ").replace(";", " or").replace(",", " and ")
    return f"give the token the permission {wanted or call.permission}; in a workflow it stands under `permissions:`"


def _correction(said: str) -> str:
    lower = said.lower()
    if "too long" in lower:
        return f"GitHub takes {COMMENT_LIMIT:,} characters"
    if "no commit found" in lower:
        return "push the commit first"
    return ""


def _message(error: GithubException) -> str:
    """Return the status, GitHub's message, and those of its single errors."""
    data = error.data if isinstance(error.data, dict) else {}
    details = data.get("errors")
    parts = [str(data.get("message") or ""), *(map(_detail, details) if isinstance(details, list) else ())]
    return f"{error.status}: {'; '.join(part for part in parts if part)}".removesuffix(": ")


def _detail(entry: object) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    return str(entry.get("message") or " ".join(str(entry[key]) for key in ("field", "code") if key in entry))


def _headers(error: GithubException) -> Mapping[str, str]:
    return error.headers or {}
