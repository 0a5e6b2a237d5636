"""Does the conclusion hang on one episode? Known truth in, known truth out."""

import numpy as np
import pandas as pd

from escalation import timing

WEEK = timing.Design(window_days=7)


def test_a_strong_effect_hangs_on_no_episode_and_a_lone_one_does() -> None:
    """Twelve talks each followed by a fourfold week: no omission changes the verdict; without any effect none
    is claimed either."""
    rng = np.random.default_rng(1)
    days = pd.date_range("2019-01-01", periods=700)
    talks = pd.DataFrame(
        {"talk_id": [f"T{n}" for n in range(12)], "date_first": days[40:680:55], "date_last": days[40:680:55]}
    )
    spans = timing.episodes(talks, WEEK)
    flat = pd.Series(rng.poisson(4, 700).astype(float), index=days)
    raised = flat.copy()
    for day in talks["date_last"]:
        raised[day + pd.Timedelta(days=1) : day + pd.Timedelta(days=7)] = rng.poisson(16, 7)
    strong = timing.verdict_without_each(raised, spans, WEEK)
    none = timing.verdict_without_each(flat, spans, WEEK)
    assert ({"higher"}, 12) == (set(strong["verdict"]), len(strong))
    assert "higher" not in set(none["verdict"]) and strong["ratio"].min() > 2
