"""Documents of finished reports: kept byte for byte beside the log, added once, never changed, checked when read."""

from uuid import UUID

from sqlalchemy import Connection, text

from shared.reports.document import DocumentAltered, Report, decode, encode

KEEP = text("""
    INSERT INTO report_documents (report_id, hash, chain_id, document) VALUES (:report_id, :hash, :chain_id, :document)
    ON CONFLICT (report_id, hash) DO NOTHING
""")
FIND = text("SELECT document FROM report_documents WHERE report_id = :report_id AND hash = :hash")


def keep(connection: Connection, chain_id: UUID, report_id: UUID, report: Report) -> None:
    """Keep the bytes of a finished report."""
    values = {"report_id": report_id, "hash": report.hash, "chain_id": chain_id, "document": encode(report)}
    connection.execute(KEEP, values)


def kept(connection: Connection, report_id: UUID, digest: str) -> tuple[Report, bytes]:
    """The document that was published under this hash. Raises DocumentAltered when it is another, or none."""
    document: bytes | None = connection.execute(FIND, {"report_id": report_id, "hash": digest}).scalar()
    if document is None:
        raise DocumentAltered(f"{report_id} has lost its document")
    report = decode(document)
    if report.hash != digest:
        raise DocumentAltered(f"{report_id} has another document than was published")
    return report, document
