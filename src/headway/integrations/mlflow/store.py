"""Where MLflow keeps what it is told, and whether that place is there."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from headway.contracts.canonical import sha256_of

_SQLITE = "sqlite:///"
_DATABASE_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}


@dataclass(frozen=True)
class TrackingStore:
    """Where runs and the registry are mirrored to.

    Attributes:
        uri: MLflow tracking URI.
        experiment: name of the experiment; None for the model's name.
        artifacts: folder for files; None where the server decides.
    """

    uri: str
    experiment: str | None = None
    artifacts: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what tells this store from another."""
        return sha256_of([self.uri, self.experiment])

    @property
    def database(self) -> Path | None:
        """The file of an SQLite store."""
        return Path(self.uri.removeprefix(_SQLITE)) if self.uri.startswith(_SQLITE) else None

    @property
    def shown(self) -> str:
        """The URI without its password."""
        return str(self.database) if self.database else without_credentials(self.uri)


def local_store(folder: Path) -> TrackingStore:
    """Return the SQLite store in `folder`."""
    return TrackingStore(f"{_SQLITE}{folder / 'mlflow.db'}", artifacts=(folder / "mlartifacts").as_uri())


def without_credentials(uri: str) -> str:
    """Return `uri` without user and password.

    >>> without_credentials("https://me:secret@mlflow.example:8443/team")
    'https://mlflow.example:8443/team'
    """
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else uri


def probe(store: TrackingStore) -> None:
    """Ask whether the server behind `store` is there; a store without a server always is.

    Any answer below 500 will do: not every server that speaks MLflow has /health.

    Raises:
        OSError: it is not there.
    """
    parts = urlsplit(store.uri)
    dialect = parts.scheme.partition("+")[0]
    if parts.scheme in {"http", "https"}:
        _get_health(without_credentials(store.uri).rstrip("/") + "/health")
    elif dialect in _DATABASE_PORTS and parts.hostname:
        socket.create_connection((parts.hostname, parts.port or _DATABASE_PORTS[dialect])).close()


def _get_health(url: str) -> None:
    # Nothing secret is sent, and MLflow itself checks the certificate afterwards (or is told not to).
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        urllib.request.urlopen(url, context=trusting).close()  # noqa: S310 (http or https, see probe)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= 500:
            raise
