"""The local issuer's door: HTTP on loopback, open once `start` has returned."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shared.embedded.issuer.web import Site, create_app
from shared.embedded.processes import LOOPBACK


class QuietRequests(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: an address holds codes and states."""


@dataclass
class LocalIssuer:
    """Raises OSError from `start` when the port is taken; `close` is what else ends with it."""

    port: int
    site: Site
    close: Callable[[], None]
    http: BaseWSGIServer = field(init=False)

    def start(self) -> None:
        with socket.create_server((LOOPBACK, self.port)) as door:
            app = create_app(self.site)
            # With a port instead of a socket, werkzeug would end the process when the port is taken.
            self.http = make_server(
                LOOPBACK, self.port, app, threaded=True, request_handler=QuietRequests, fd=door.fileno()
            )
        threading.Thread(target=self.http.serve_forever, args=[0.05], name="issuer", daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.close()
