"""Any file as a table of strings: CSV, a workbook, JSON, Parquet, compressed or not, one or many."""

from sources.files.opening import open_files
from sources.files.raw import RawFiles

__all__ = ["RawFiles", "open_files"]
