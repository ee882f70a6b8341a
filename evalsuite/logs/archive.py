"""Archive: a zip whose members are unpacked in memory, one at a time and never beyond a bound.

Inspect packs with zstd, which `zipfile` reads from Python 3.14 on only. No member's name is ever
used as a path.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Archive", "open_archive"]

_STORED, _DEFLATED, _ZSTD = 0, 8, 93
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_LARGEST_MEMBER = 128 * 2**20
"""Bytes unpacked; a sample with all its events stays far below."""
_LARGEST_ARCHIVE = 4 * 2**30
"""Bytes unpacked, as the members claim; each member is held to its claim."""
_MOST_MEMBERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive."""

    path: Path
    file: IO[bytes]
    members: dict[str, zipfile.ZipInfo]

    def read(self, name: str) -> bytes:
        """Unpack one member.

        Raises
        ------
        InvalidInputError
            Where it is missing, torn, larger than it says, or packed in an unknown way.
        """
        info = self.members.get(name)
        if info is None:
            raise InvalidInputError(
                "{path} has no {name}; it is torn or of another tool", path=self.path, name=name
            )
        # zlib.error, zstandard's error and struct.error share no base below Exception
        try:
            unpacked = _unpack(self._packed(info), info)
        except InvalidInputError:
            raise
        except Exception as error:
            raise self._torn(name, error) from error
        if len(unpacked) != info.file_size or zlib.crc32(unpacked) != info.CRC:
            raise self._torn(name, Clause("its checksum differs"))
        return unpacked

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        self.file.seek(info.header_offset)
        header = _LOCAL_HEADER.unpack(self.file.read(_LOCAL_HEADER.size))
        if header[0] != b"PK\x03\x04":
            raise self._torn(info.filename, Clause("its header is missing"))
        # the local header's own lengths: they may differ from the directory's
        self.file.seek(header[-2] + header[-1], 1)
        return self.file.read(info.compress_size)

    def _torn(self, name: str, reason: object) -> InvalidInputError:
        return InvalidInputError(
            "{path} can't be unpacked at {member!r} ({reason}); copy it again",
            path=self.path,
            member=name[:80],
            reason=reason,
        )


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip and refuse what is torn, bomb or trap before anything is unpacked."""
    import zipfile  # here, as most logs are no archives

    with path.open("rb") as file:
        try:
            infos = zipfile.ZipFile(file).infolist()
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise InvalidInputError(
                "{path} is no whole zip ({error}): it is torn, or its run was killed; let the "
                "harness finish it, or copy it again",
                path=path,
                error=error,
            ) from error
        _refuse_traps(path, infos)
        yield Archive(path, file, {info.filename: info for info in infos})


def _refuse_traps(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    largest = max((info.file_size for info in infos), default=0)
    total = sum(info.file_size for info in infos)
    if len(infos) > _MOST_MEMBERS or largest > _LARGEST_MEMBER or total > _LARGEST_ARCHIVE:
        raise InvalidInputError(
            "{path} would unpack to {total:,} bytes in {n_members:,} members, the largest "
            "{largest:,}; the limits are {most_bytes:,}, {most_members:,} and {largest_member:,}",
            path=path,
            total=total,
            n_members=len(infos),
            largest=largest,
            most_bytes=_LARGEST_ARCHIVE,
            most_members=_MOST_MEMBERS,
            largest_member=_LARGEST_MEMBER,
        )
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
            raise InvalidInputError(
                "{path} holds {member!r}, a path out of the archive; no harness writes such a "
                "member",
                path=path,
                member=info.filename[:80],
            )
    if len({info.filename for info in infos}) < len(infos):
        raise InvalidInputError("{path} holds two members of one name; copy it again", path=path)


def _unpack(packed: bytes, info: zipfile.ZipInfo) -> bytes:
    """Unpack at most one byte more than the member claims."""
    bound = info.file_size + 1
    if info.flag_bits & 0x1:
        raise InvalidInputError(
            "member {member!r} is encrypted; log without", member=info.filename[:80]
        )
    if info.compress_type == _STORED:
        return packed[:bound]
    if info.compress_type == _DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, bound)
    if info.compress_type == _ZSTD:
        import zstandard

        # a window of more than 128 MiB is no member that fits the bound
        reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed)
        return reader.read(bound)
    raise InvalidInputError(
        "member {member!r} is packed by method {method}; zstd, deflate and stored are read",
        member=info.filename[:80],
        method=info.compress_type,
    )
