"""The evidence in the formats others read: W3C Web Annotation, brat, GED and PLOVER columns, HXL tags,
GeoJSON; and the tables for a spreadsheet. Each is read back by a test."""

from escalation.export.folder import FORMATS, export

__all__ = ["FORMATS", "export"]
