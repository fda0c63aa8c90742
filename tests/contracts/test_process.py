from __future__ import annotations

import os
import subprocess
import sys

from headway.contracts.process import is_alive


def test_a_process_is_alive_until_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert is_alive(child.pid)

    assert not is_alive(child.pid)


def test_a_process_of_another_user_is_alive_too() -> None:
    assert is_alive(1)
    assert is_alive(os.getpid())
