"""A home router on loopback: answers SSDP searches and the SOAP calls that map ports.

Source: UPnP Device Architecture 1.0, sections 1.2 and 3.2; UPnP Forum, WANIPConnection:1.
"""

import re
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType

GROUP, PORT = "239.255.255.250", 1900
LOOPBACK = "127.0.0.1"
SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"
DEVICE = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"

DESCRIPTION = f"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>{DEVICE}</deviceType>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType>
<serviceList><service><serviceType>{SERVICE}</serviceType>
<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId><controlURL>/control</controlURL>
<eventSubURL>/events</eventSubURL><SCPDURL>/scpd.xml</SCPDURL></service></serviceList>
</device></deviceList></device></deviceList></device></root>"""


class Router:
    """Runs within a `with` block; `mapped` shows which ports lead where."""

    def __init__(self, external_ip: str, *, obeys: bool = True) -> None:
        self.external_ip, self.obeys = external_ip, obeys
        self.mapped: dict[int, str] = {}
        self._http = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._ssdp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ssdp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._ssdp.bind((GROUP, PORT))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(LOOPBACK))
        self._ssdp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self._ssdp.settimeout(0.1)
        self._is_open = True
        self._threads = [Thread(target=self._http.serve_forever), Thread(target=self._answer)]

    def __enter__(self) -> "Router":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False
        self._http.shutdown()
        for thread in self._threads:
            thread.join()
        self._http.server_close()
        self._ssdp.close()

    def _answer(self) -> None:
        """Tell whoever searches for a router where its description is."""
        location = f"http://{LOOPBACK}:{self._http.server_port}/description.xml"
        while self._is_open:
            try:
                search, sender = self._ssdp.recvfrom(2048)
            except TimeoutError:
                continue
            if search.startswith(b"M-SEARCH") and DEVICE.encode() in search:
                answer = (
                    f"HTTP/1.1 200 OK\r\nST: {DEVICE}\r\nUSN: uuid:1::{DEVICE}\r\n"
                    f"LOCATION: {location}\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\n\r\n"
                )
                self._ssdp.sendto(answer.encode(), sender)

    def call(self, name: str, body: str) -> str | None:
        """Carry out a SOAP call; None where the router refuses."""
        match name:
            case "GetExternalIPAddress":
                return f"<NewExternalIPAddress>{self.external_ip}</NewExternalIPAddress>"
            case "GetStatusInfo":
                return (
                    "<NewConnectionStatus>Connected</NewConnectionStatus><NewUptime>9</NewUptime>"
                )
            case "GetConnectionTypeInfo":
                return "<NewConnectionType>IP_Routed</NewConnectionType>"
            case "AddPortMapping" if self.obeys:
                self.mapped[int(argument(body, "NewExternalPort"))] = argument(
                    body, "NewInternalClient"
                )
                return ""
            case "DeletePortMapping":
                del self.mapped[int(argument(body, "NewExternalPort"))]
                return ""
            case _:
                return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        router = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, DESCRIPTION)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                name = self.headers["soapaction"].strip('"').partition("#")[2]
                found = router.call(name, body)
                if found is None:
                    self._send(500, "<errorCode>718</errorCode>")
                else:
                    self._send(
                        200, f'<u:{name}Response xmlns:u="{SERVICE}">{found}</u:{name}Response>'
                    )

            def _send(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.send_header("content-type", "text/xml")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: object) -> None:
                """Keep the tests' output clean."""

        return Handler


def argument(body: str, name: str) -> str:
    """Take an argument out of a SOAP call."""
    found = re.search(f"<{name}>(.*?)</{name}>", body)
    assert found, body
    return found[1]
