"""Which values make sense: one typed model a notebook. Range, list of values and meaning stand here alone; the
check, the remark beside a parameter and `papermill --help-notebook` are made from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCRATCH = "scratch"  # where a run by hand writes


class _IsDay:
    """Whether a text is a day like 2019-04-26. A class, so that pages of the functions show no address."""

    def __init__(self, *, may_be_blank: bool = False) -> None:
        self.may_be_blank = may_be_blank

    def __call__(self, text: str) -> str:
        if self.may_be_blank and not text:
            return text
        if len(text) != 10 or date.fromisoformat(text).isoformat() != text:
            raise ValueError("is no day")
        return text

    def __repr__(self) -> str:
        return "is a day"


_day = _IsDay()


@dataclass(frozen=True)
class Meaning:
    """What allowed values mean, for the remark beside a parameter: `Meaning({"seeds": "only …"})`."""

    of: Mapping[str, str]


# One meaning a name, in every notebook: what it is, what it may be, and so what stands beside it as a remark.
Day = Annotated[str, AfterValidator(_day)]
First = Annotated[Day, Field(description="first day of the window (ISO date)")]
Last = Annotated[Day, Field(description="last day of the window (ISO date)")]
Case = Annotated[
    str,
    Field(
        pattern=r"\A[a-z0-9][a-z0-9_-]{0,63}\z", description="the conflict: the name of a file in data/cases"
    ),
]
Tiers = Annotated[
    Literal["all", "seeds"],
    Field(description="which records"),
    Meaning({"seeds": "only what the documents say"}),
]
Series = Annotated[
    Literal["ucdp", "airwars"],
    Field(description="the counts"),
    Meaning({"ucdp": "lethal events of the war", "airwars": "incidents of alleged civilian harm"}),
]
Measure = Annotated[
    Literal["events", "fatalities"],
    Field(description="what is counted"),
    Meaning({"fatalities": "best estimate"}),
]
# a name that ends in _file is a path: the build makes it an input, under a name without the user's folders
EventsFile = Annotated[
    str,
    Field(
        description="a UCDP or ACLED file of your own (csv, csv.gz, zip); empty: the counts that the case keeps"
    ),
]
Accessed = Annotated[
    str,
    AfterValidator(_IsDay(may_be_blank=True)),
    Field(description="the day (ISO date) on which you downloaded an ACLED export, or empty"),
]
Precision = Annotated[
    int,
    Field(
        ge=1,
        le=5,
        description="least exact date that counts (1 a day, 2 up to six, 3 a week, 4 a month, 5 all)",
    ),
]
WindowDays = Annotated[
    int, Field(ge=1, le=30, description="days compared before and after an episode of talks")
]
Statistic = Annotated[
    Literal["typical", "pooled"],
    Field(description="after against before"),
    Meaning({"typical": "mean log ratio over episodes", "pooled": "ratio of the sums"}),
]
# sets of talks that any case has, in full and on a figure; their rules: `escalation.events.talks`
GENERAL_SETS = {
    "primary": ("the main set of meetings", "primary set"),
    "scheduled": ("meetings announced at least a week ahead", "scheduled"),
    "reactive": ("meetings called at shorter notice", "called at short notice"),
    "agenda": ("all meetings with the area on their agenda", "all with the area on the agenda"),
    "new_commitment": ("meetings with a new commitment", "with a new commitment"),
    "no_new_commitment": ("meetings without a new commitment", "without a new commitment"),
}
LATER_SETS = ("complete",)  # those that a case may have besides, under `later_sets`
# checked in `resolve`: each case has its own besides
TalksSet = Annotated[
    str,
    Field(
        description=f"which set of talks: {', '.join(GENERAL_SETS)}, or another one that the file of the case declares by name"
    ),
]
Anchor = Annotated[
    Literal["both", "start", "end"],
    Field(description="days are counted from"),
    Meaning({"both": "before the first day, after the last", "start": "the first day", "end": "the last"}),
]
Criterion = Annotated[
    Literal["LWZ", "BIC"],
    Field(description="how many breaks"),
    Meaning({"LWZ": "strict", "BIC": "generous"}),
]
MinWeeks = Annotated[int, Field(ge=2, le=12, description="shortest phase in weeks")]
Seed = Annotated[
    int, Field(ge=0, le=2**32 - 1, description="seeds whatever is drawn by chance; chosen before any result")
]
Out = Annotated[
    str,
    Field(
        min_length=1, description="folder for what a run by hand writes; only `escalation build` publishes"
    ),
]


class Model(BaseModel):
    """Strict types (True is no number, "6" is no 6), no name beyond the listed ones, no infinity."""

    model_config = ConfigDict(defer_build=True, strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Window(Model):
    """Days from `start` to `end`, both counted."""

    case: Case
    start: First
    end: Last

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class Dataset(Window):
    tiers: Tiers
    events_file: EventsFile
    accessed: Accessed
    max_date_precision: Precision
    out: Out = SCRATCH


class Phases(Window):
    series: Series
    measure: Measure
    min_weeks: MinWeeks
    criterion: Criterion
    max_breaks: Annotated[int, Field(ge=1, le=15, description="most breaks looked for")]
    week_anchor: Annotated[
        int, Field(ge=0, le=6, description="days after the start on which the first full week begins")
    ]
    bootstrap_draws: Annotated[
        int, Field(ge=99, le=9999, description="redraws for the date ranges and intervals")
    ]
    seed: Seed
    out: Out = SCRATCH


class Toll(Window):
    out: Out = SCRATCH


class Timing(Window):
    series: Series
    measure: Measure
    window_days: WindowDays
    statistic: Statistic
    talks_set: TalksSet
    anchor: Anchor
    power_draws: Annotated[
        int, Field(ge=50, le=2000, description="simulated calendars for the detectable size")
    ]
    seed: Seed
    freeze_date: Annotated[
        Day,
        Field(
            description="the day (ISO date) on which this specification was fixed, before the checked talks table met the counts"
        ),
    ]
    out: Out = SCRATCH


class Report(Model):
    case: Case
    tiers: Tiers
    out: Out = SCRATCH


class Workbench(Window):
    """The choices of the workbench, which writes nothing."""

    events_file: EventsFile
    accessed: Accessed
    max_date_precision: Precision
    series: Series
    measure: Measure
    area: Annotated[
        str,
        Field(min_length=1, description='all, or parts of it by the names of the case, " | " between them'),
    ]
    window_days: WindowDays
    anchor: Anchor
    talks_set: TalksSet
    statistic: Statistic
    criterion: Criterion
    min_weeks: MinWeeks


MODELS: dict[str, type[Model]] = {
    "1_dataset": Dataset,
    "2_phases": Phases,
    "2b_toll": Toll,
    "3_timing": Timing,
    "4_report": Report,
    "workbench": Workbench,
}
