"""The few files of a team's repository that this project has no counterpart of."""

from __future__ import annotations

PIPELINE_HEAD = """\
# prepare -> train -> export -> evaluate -> package
# Every stage depends on requirements.txt: another version of Headway runs everything again.
"""

REQUIREMENTS_HEAD = """\
# Every stage of dvc.yaml depends on this file. To change to another version of Headway:
# change the line below, pip install --requirement requirements.txt, headway init . --update
"""

README = """\
# Models

A pull request that changes `params.yaml` or the data is trained, judged against the model in production, and reported.

```sh
python -m venv .venv
. .venv/bin/activate
pip install --requirement requirements.txt
headway lock install   # merges dvc.lock stage by stage
headway doctor         # what is still missing
dvc pull               # the data and the models
headway repro          # run what has changed
```
"""
