"""What a run of a sweep takes, beside one papermill command for each set, and beside plain papermill on
Dask."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from bench.build import ESCALATION, PAPERMILL
from bench.measure import run

TITLE = "A sweep"
SETS = 50

# one small notebook: a table, a bootstrap, a figure; what a sweep adds to it is what is measured
CELLS = [
    "window = 1  # what is varied",
    (
        "import os\nfrom pathlib import Path\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport"
        " pandas as pd\nimport seaborn as sns"
    ),
    (
        "root = next(folder for folder in [Path(os.environ.get('ESCALATION_ROOT', '.')), *Path.cwd().parents,"
        " Path.cwd()] if (folder / 'data/daily.csv').is_file())"
    ),
    (
        "frame = pd.read_csv(root / 'data/daily.csv', parse_dates=['date'])\nmeans ="
        " frame['events'].rolling(window).mean().dropna()"
    ),
    "rng = np.random.default_rng(1)\ndraws = [rng.choice(means, len(means)).mean() for _ in range(50)]",
    (
        "fig, ax = plt.subplots(figsize=(5, 2))\nsns.lineplot(means, ax=ax,"
        " errorbar=None)\nfig.savefig(os.devnull, format='png')\nplt.close(fig)"
    ),
    (
        "import json\nfolder = root / 'data/built/findings'\nfolder.mkdir(parents=True, exist_ok=True)\n"
        "(folder / '1_small.json').write_text(json.dumps({'mean': {'value': float(np.mean(draws))}}));"
    ),
]


def small(root: Path) -> None:
    """A project of one small notebook."""
    (root / "notebooks").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "data/datapackage.json").write_text("{}")
    days = "\n".join(f"2018-{1 + n // 28 % 12:02d}-{1 + n % 28:02d},{n * 7919 % 13}" for n in range(20_000))
    (root / "data/daily.csv").write_text(f"date,events\n{days}\n")
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for n, source in enumerate(CELLS)
    ]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    metadata = {
        "escalation": {"reads": ["data/daily.csv"], "writes": ["data/built/findings/1_small.json"]},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    (root / "notebooks/1_small.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
    )
    (root / "grid.toml").write_text(f"[grid]\nwindow = {list(range(1, SETS + 1))}\n")


def one(notebook: str, out: str, window: int) -> None:
    """Plain papermill on a Dask worker."""
    import papermill

    papermill.execute_notebook(notebook, out, {"window": window}, progress_bar=False)


def on_dask(root: Path) -> None:
    """Plain papermill for every set on a local cluster of two; its own process, see `report`."""
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        futures: list[Future[None]] = [
            client.submit(one, str(root / "notebooks/1_small.ipynb"), f"{folder}/{n}.ipynb", n, pure=False)
            for n in range(1, SETS + 1)
        ]
        client.gather(futures)


def report(root: Path, rounds: int) -> Iterator[str]:
    """The section of the results. Papermill's commands are timed on five sets, since they do not get faster
    with more."""
    small(root / "small")
    root = root / "small"
    began = time.perf_counter()
    for window in range(1, 6):
        run(
            [
                PAPERMILL,
                "--no-progress-bar",
                "notebooks/1_small.ipynb",
                "out.ipynb",
                "-p",
                "window",
                str(window),
            ],
            cwd=root,
        )
    commands = (time.perf_counter() - began) / 5
    dask = (
        run(
            [sys.executable, "-m", "bench.sweep", root],
            cwd=Path(__file__).parents[1],
            environment={"ESCALATION_ROOT": str(root)},
        ).wall
        / SETS
    )
    ours = []
    for number in range(rounds):
        took = run(
            [ESCALATION, "sweep", "grid.toml", "--jobs", "2", "--out", f"swept-{number}"],
            cwd=root,
            environment={"ESCALATION_ROOT": str(root)},
        )
        ours.append(took.wall / SETS)
    best = sorted(ours)[len(ours) // 2]
    yield (
        f"{SETS} sets of one small notebook (20,000 rows, 50 draws, one figure), two workers; seconds a set,"
        " start of the cluster included.\n"
    )
    yield "| what | seconds a set | ÷ ours |"
    yield "|---|---:|---:|"
    yield f"| a `papermill` command for each, one after the other | {commands:.2f} | {commands / best:.1f} |"
    yield f"| plain papermill on a local Dask cluster | {dask:.2f} | {dask / best:.1f} |"
    yield f"| `escalation sweep` | {best:.2f} | 1 |"
    yield "\n| budget | reached | |"
    yield "|---|---:|---|"
    yield (
        f"| ≥ 12 times the commands | {commands / best:.1f} |"
        f" {'kept' if commands / best >= 12 else 'missed'} |"
    )
    yield f"| ≥ 4 times papermill on Dask | {dask / best:.1f} | {'kept' if dask / best >= 4 else 'missed'} |"


if __name__ == "__main__":
    on_dask(Path(sys.argv[1]))
