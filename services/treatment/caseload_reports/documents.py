"""Documents of finished reports and restatements: kept byte for byte beside the log, added once, checked when read."""

from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports import restatement as restatements
from shared.reports.document import DocumentAltered, Report, decode, encode
from shared.reports.restatement import Restatement

KEEP = text("""
    INSERT INTO report_documents (report_id, hash, chain_id, document) VALUES (:report_id, :hash, :chain_id, :document)
    ON CONFLICT (report_id, hash) DO NOTHING
""")
FIND = text("SELECT document FROM report_documents WHERE report_id = :report_id AND hash = :hash")


def keep(connection: Connection, chain_id: UUID, report_id: UUID, document: Report | Restatement) -> None:
    """Keep the bytes of a finished report, or of a restatement of it."""
    written = encode(document)
    values = {"report_id": report_id, "hash": document.hash, "chain_id": chain_id, "document": written}
    connection.execute(KEEP, values)


def kept(connection: Connection, report_id: UUID, digest: str) -> tuple[Report, bytes]:
    """The document that was published under this hash. Raises DocumentAltered when it is another, or none."""
    document = found(connection, report_id, digest)
    report = decode(document)
    must_be(digest, report.hash)
    return report, document


def restatement_kept(connection: Connection, report_id: UUID, digest: str) -> tuple[Restatement, bytes]:
    """As `kept`, a restatement of the report."""
    document = found(connection, report_id, digest)
    restatement = restatements.decode(document)
    must_be(digest, restatement.hash)
    return restatement, document


def found(connection: Connection, report_id: UUID, digest: str) -> bytes:
    document: bytes | None = connection.execute(FIND, {"report_id": report_id, "hash": digest}).scalar()
    if document is None:
        raise DocumentAltered(f"{report_id} has lost a document")
    return document


def must_be(published: str, digest: str) -> None:
    if digest != published:
        raise DocumentAltered("this is another document than was published")
