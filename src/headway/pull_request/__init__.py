"""The pull request loop: verify, merge locks, report, comment."""
