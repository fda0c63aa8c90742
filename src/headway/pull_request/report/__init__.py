"""The Markdown that reviewers read on a pull request, from the gate's verdict and what the runs committed."""
