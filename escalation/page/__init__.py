"""The executed report notebook as something people read: a page, a PDF, a Markdown edition and the working
notebooks."""

import os

if os.environ.get("ESCALATION_BLOCKS") != "bundles":  # a build draws its blocks when all notebooks are done
    from escalation.page import fragments  # noqa: F401  (with it, blocks show themselves in JupyterLab)
