"""The errors of a call."""

import grpc


class CallError(Exception):
    """A call that fails with a gRPC status code and a message for the caller."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> CallError:
    """Return the error for a malformed request."""
    return CallError(grpc.StatusCode.INVALID_ARGUMENT, message)


def unsupported(what: str) -> CallError:
    """Return the error for a request that only the real service supports."""
    return CallError(
        grpc.StatusCode.UNIMPLEMENTED, f"{what} is not supported by the local Firestore: use the real service"
    )
