"""`headway data`: bring data in, check it, split it, and see what changed. One module a verb."""

from __future__ import annotations

from headway.cli.lazy import LazyGroup

data = LazyGroup(
    "data",
    {
        "card": ("headway.cli.data.card:card", "Draw the data set card."),
        "check": ("headway.cli.data.check:check", "Report everything that is wrong with a data set."),
        "codes": ("headway.cli.data.check:codes", "List every kind of problem and its policies."),
        "diff": ("headway.cli.data.diff:diff", "Say what changed in the data since a Git revision."),
        "import": ("headway.cli.data.import_:import_", "Read a data set of any format into canonical records."),
        "split": ("headway.cli.data.split:split", "Give new images their split, for good."),
    },
    help="Bring data in, check it, split it, and see what changed.",
)
