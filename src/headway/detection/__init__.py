"""Pure NumPy detection arithmetic: the one copy that data, evaluation, serving and agent share."""
