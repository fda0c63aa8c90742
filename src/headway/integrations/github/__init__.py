"""GitHub, through PyGithub: one repository behind `ports.Forge`."""

from headway.integrations.github.account import Account, read_account
from headway.integrations.github.calls import Patience
from headway.integrations.github.client import GitHub, open_github

__all__ = ["Account", "GitHub", "Patience", "open_github", "read_account"]
