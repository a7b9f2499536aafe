"""Where a log is read from: a folder, or the same files behind an http(s) address."""

import os
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Protocol

from witness.failures import Unreachable

_TIMEOUT_S = 30
_AT_ONCE = 8
_BYTES_MAX = 32 << 20
_GONE = {404, 410}
_GZIP = 31


class Source(Protocol):
    """The files of a log."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        ...

    def read_many(self, paths: Iterable[str]) -> Iterator[bytes | None]:
        """The bytes of many files, in their order."""
        ...

    def listing(self) -> Iterator[str]:
        """The paths of all files under `tile/`, where they can be listed."""
        ...


class Folder:
    """A log in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __str__(self) -> str:
        return str(self.folder)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unreachable(f"{path} cannot be read: {error.strerror}") from None

    def read_many(self, paths: Iterable[str]) -> Iterator[bytes | None]:
        """The bytes of many files, in their order."""
        return map(self.read, paths)

    def listing(self) -> Iterator[str]:
        """The paths of all files under `tile/`."""
        for folder, _, names in os.walk(self.folder / "tile"):
            for name in sorted(names):
                yield Path(folder, name).relative_to(self.folder).as_posix()


class Web:
    """A log behind an http or https address."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def __str__(self) -> str:
        return self.address

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where the server says there is none."""
        address = f"{self.address}/{path}"
        try:
            request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, identity"})  # noqa: S310
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310  (see open_source)
                data: bytes = answer.read(_BYTES_MAX)
                packed = answer.headers["Content-Encoding"] == "gzip"
                return zlib.decompressobj(_GZIP).decompress(data, _BYTES_MAX) if packed else data
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _GONE:
                return None
            raise Unreachable(f"{address} answers {error.code}") from None
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            raise Unreachable(f"{address} cannot be read: {error}") from None

    def read_many(self, paths: Iterable[str]) -> Iterator[bytes | None]:
        """The bytes of many files, in their order, several at once."""
        rest = iter(paths)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while some := list(islice(rest, 8 * _AT_ONCE)):
                yield from pool.map(self.read, some)

    def listing(self) -> Iterator[str]:
        """Nothing: files behind an address cannot be listed."""
        return iter(())


def open_source(where: str) -> Source:
    """The log at a folder or http(s) address; FileNotFoundError where it is no folder, ValueError for no address."""
    if urllib.parse.urlsplit(where).scheme in {"http", "https"}:
        return Web(where)
    folder = Path(where)
    if not folder.is_dir():
        raise FileNotFoundError(where)
    return Folder(folder)
