"""Any file as a table of texts: CSV, a workbook, JSON, Parquet, packed or not, one or many."""

from sources.files.opening import open_files
from sources.files.raw import RawFiles

__all__ = ["RawFiles", "open_files"]
