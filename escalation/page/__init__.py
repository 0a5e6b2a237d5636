"""The executed report notebook as something people read: a page, a PDF, a Markdown edition and the working notebooks."""
