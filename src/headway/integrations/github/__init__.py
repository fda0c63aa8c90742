"""GitHub, through PyGithub: one repository behind `ports.Forge`."""

from headway.integrations.github.account import Account, read_account
from headway.integrations.github.calls import Patience
from headway.integrations.github.client import GitHub

__all__ = ["Account", "GitHub", "Patience", "read_account"]
