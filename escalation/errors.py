"""What a user did that cannot be done: every problem at once, a line each, never a traceback."""

from collections.abc import Iterable

LONGEST = 2000  # letters of a line


class Refusal(Exception):
    """Input that is refused. `problems`: one line each, or a single one: where, what, what is allowed.

    What a file or a command line put into a line is shown and not obeyed: line ends, terminal codes and marks
    that turn the text around stand as `\\n`, `\\x1b`, `\\u202e`.

    >>> print(Refusal("events.csv, row 3, column best: 'fo\\nur'; allowed: a whole number from 0"))
    events.csv, row 3, column best: 'fo\\nur'; allowed: a whole number from 0
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = [_shown(each) for each in ([problems] if isinstance(problems, str) else problems)]
        super().__init__("\n".join(self.problems))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the lines, without the way through our code."""
        return [f"Refused: {problem}" for problem in self.problems]


def place_of(error: OSError, otherwise: object = "") -> str:
    """The file that an error of the system is about: of two, as in a copy or a renaming, the one that was to
    be written.

    >>> place_of(OSError(28, "No space left on device", "from.csv", None, "to.csv"))
    'to.csv'
    """
    return str(error.filename2 or error.filename or otherwise)


def _shown(line: str) -> str:
    if len(line) > LONGEST:  # a cell may hold a megabyte; where it stands and what is allowed are at the ends
        line = f"{line[: LONGEST // 2]} … {len(line) - LONGEST:,} more letters … {line[-LONGEST // 2 :]}"
    return (
        line
        if line.isprintable()
        else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)
    )
