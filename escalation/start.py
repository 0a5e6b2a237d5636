"""Where the command `escalation` begins: whoever interrupts it while its libraries are loaded gets a line,
and no traceback."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def main() -> None:
    """The command line (`escalation.cli`; for a bare `build` only `escalation.command`), which takes the signals
    over as soon as it is loaded."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, _at_once)
    if sys.argv[1:] == ["build"]:
        from escalation import command

        command.run(command.bare)
    else:
        from escalation import cli

        cli.main()


def _at_once(number: int, frame: FrameType | None) -> NoReturn:
    """Ends here: an exception would be caught, or shown, by the module that is just being loaded."""
    os.write(2, b"stopped; the published report is untouched\n")
    os._exit(130)
