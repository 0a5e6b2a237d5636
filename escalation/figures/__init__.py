"""The pictures: `style` (the look), `save` (the one way out) and a module a chapter: one function a figure,
tables in, Figure out."""
