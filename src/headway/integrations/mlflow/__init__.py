"""MLflow, in a process of its own: the mirrors of runs and of the registry, and the user interface on the store.

Importing MLflow takes seconds and a server may hang, so the calling process never imports it: it starts
`python -m headway.integrations.mlflow`, hands the work over as JSON, and kills the child at a deadline.
"""

from headway.integrations.mlflow.registry import AliasTarget, alias_name, mirror_registry, read_aliases
from headway.integrations.mlflow.runs import MirroredRun, mirror_run
from headway.integrations.mlflow.store import TrackingStore, local_store, probe, without_credentials
from headway.integrations.mlflow.ui import require_ui, serve_ui

__all__ = [
    "AliasTarget",
    "MirroredRun",
    "TrackingStore",
    "alias_name",
    "local_store",
    "mirror_registry",
    "mirror_run",
    "probe",
    "read_aliases",
    "require_ui",
    "serve_ui",
    "without_credentials",
]
