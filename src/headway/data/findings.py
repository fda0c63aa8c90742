"""What reading and checking finds: faults stop the run, all of them at once; problems are reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from headway.errors import InputError

SHOWN_FAULTS = 20


@dataclass
class Findings:
    """Faults and problems, each one line that begins with the file and line where there is one."""

    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def refuse_faults(self, where: Path, hint: str) -> None:
        """Do nothing without faults.

        Raises:
            InputError: naming the first faults, and how many there are in all.
        """
        if not self.faults:
            return
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [f"{count} in {where}:", *self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"... and {len(self.faults) - SHOWN_FAULTS} more")
        raise InputError("\n  ".join(lines), hint=hint)
