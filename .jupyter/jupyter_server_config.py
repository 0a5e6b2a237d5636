"""`make lab`: what JupyterLab does after it has saved a notebook (`escalation.build.strip.settle`)."""

from typing import Any

from escalation.build.strip import settle


def saved(model: dict[str, Any], os_path: str, contents_manager: object) -> None:
    """After a save."""
    if model["type"] == "notebook":
        settle(os_path)


c.FileContentsManager.post_save_hook = saved  # type: ignore[name-defined]  # noqa: F821
