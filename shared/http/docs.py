"""The OpenAPI document as a page that a person can read, without scripts and without anybody else's server."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template_string
from flask_smorest import Api
from markupsafe import Markup

from shared.http.headers import page_policy

TEMPLATE = (Path(__file__).parent / "templates" / "docs.html").read_text(encoding="utf-8")
STYLE = (Path(__file__).parent / "templates" / "docs.css").read_text(encoding="utf-8")
METHODS = ("get", "post", "put", "patch", "delete")


def add_docs(app: Flask, api: Api) -> None:
    """Serve the page at /docs."""

    @app.get("/docs")
    def docs() -> Response:
        document = api.spec.to_dict()
        title, found = document["info"]["title"], operations(document)
        page = render_template_string(TEMPLATE, title=title, operations=found, style=Markup(STYLE))  # noqa: S704 - our own file
        return Response(page, headers={"Content-Security-Policy": page_policy(STYLE)})


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation with its parameters, the fields of its body and its answers' statuses, by path."""
    paths = sorted(document["paths"].items())
    return [operation(document, path, method, item) for path, item in paths for method in METHODS if method in item]


def operation(document: dict[str, Any], path: str, method: str, item: dict[str, Any]) -> dict[str, Any]:
    details = item[method]
    content = details.get("requestBody", {}).get("content", {})
    body: dict[str, Any] = next(iter(content.values()), {})
    return {
        "path": path,
        "method": method.upper(),
        "anchor": f"{method}-{path.strip('/').replace('/', '-')}",
        "summary": details.get("summary", ""),
        "description": details.get("description", ""),
        "parameters": item.get("parameters", []) + details.get("parameters", []),
        "fields": fields(document, body.get("schema", {})),
        "statuses": list(details.get("responses", {})),
    }


def fields(document: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, type and need of each field of a body."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if schema.get("type") == "array":
        return fields(document, schema["items"])
    needed = schema.get("required", [])
    return [
        {"name": name, "type": type_of(field), "required": name in needed}
        for name, field in schema.get("properties", {}).items()
    ]


def type_of(field: dict[str, Any]) -> str:
    kind = field.get("type") or field.get("$ref", "").rsplit("/", 1)[-1] or "any"
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{kind} ({field['format']})" if "format" in field else kind
