"""Answers that are a file, which browsers keep and do not show: made when queries have given their connection back."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from marshmallow import Schema


@dataclass(frozen=True, slots=True)
class File:
    """A file that a browser keeps instead of showing it; queries have given their connection back when it is made."""

    make: Callable[[], bytes]
    media_type: str
    name: str


class FileSchema(Schema):
    """What routes answer with that give a file: they say themselves whom it shows."""


class FileResponse(Response):
    """The answer with a file, empty until it is made."""

    def __init__(self, file: File, status: int) -> None:
        super().__init__(status=status, content_type=file.media_type)
        self.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        self.file = file


def made(response: Response) -> Response:
    """The response with its file, if it is to have one."""
    if isinstance(response, FileResponse):
        response.set_data(response.file.make())
    return response
