"""Run the system tests of Google's BigQuery client against the local BigQuery.

Example: make client-check CLIENT=../google-cloud-python/packages/google-cloud-bigquery ARGS="-k dml"

CLIENT is your own checkout of github.com/googleapis/google-cloud-python, or of python-bigquery, where the
tests used to be; they are in its tests/system. What cannot pass is skipped with its reason in left_out.py.
This process needs what requirements.txt lists.
"""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def main() -> int:
    """Run the tests and return pytest's exit code."""
    checkout, *more = sys.argv[1:] or [""]
    tests = Path(checkout, "tests", "system").resolve()
    if not checkout or not tests.is_dir():
        print(f"CLIENT must be a checkout of Google's client: {tests} is not a folder", file=sys.stderr)
        return 2
    sys.path.insert(0, str(HERE))
    options = ["-p", "local_client", "-p", "no:cacheprovider", "-ra", "--timeout=180", "-W", "ignore"]
    return pytest.main([*options, "--rootdir", str(tests.parents[1]), str(tests), *more])


if __name__ == "__main__":
    sys.exit(main())
