"""Where a chain's rows lie in the logs of a service."""

from uuid import UUID
from zlib import crc32

PARTITIONS = 16


def partition_of(chain_id: UUID) -> int:
    """The partition of a chain, fixed for ever."""
    return crc32(chain_id.bytes) % PARTITIONS
