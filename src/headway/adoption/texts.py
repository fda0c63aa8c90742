"""The few files of a team's repository that this project has no counterpart of."""

from __future__ import annotations

PIPELINE_HEAD = """\
# prepare -> train -> export -> evaluate -> package
# Every stage depends on requirements.txt: another version of Headway runs everything again.
"""

REQUIREMENTS = """\
# What tools/install.py installs, with the versions of constraints.txt. Every stage of dvc.yaml depends on this file.
# To change to another version of Headway: change its line, python3 tools/install.py, headway init . --update
{requirement}
# Packages of your own, for example dvc-s3, below:
"""

README = """\
# Models

A pull request that changes `params.yaml` or the data is trained, judged against the model in production, and reported.

```sh
python3 tools/install.py     # .venv with what requirements.txt names
. .venv/bin/activate
headway lock install         # dvc.lock is merged stage by stage
headway doctor               # what is still missing
dvc pull --allow-missing     # the data and the models
headway repro                # run what has changed
```
"""
