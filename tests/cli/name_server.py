# SPDX-License-Identifier: MIT
"""A name server on loopback that says what it is told to, over UDP and TCP."""

import contextlib
import errno
import threading

from dnslib import AAAA, QTYPE, RCODE, RR, TXT, A
from dnslib.server import BaseResolver, DNSServer

RECORDS = {"A": A, "AAAA": AAAA, "TXT": lambda text: TXT([text[i:i + 255] for i in range(0, len(text), 255)])}


class NameServer(BaseResolver):
    """`rows`: what is said of (name, "A"), of others that there is nothing; `delay`: seconds until then."""

    def __init__(self, rows, delay=0.0, code="NOERROR"):
        self.rows, self.delay, self.code, self.asked, self.over = rows, delay, code, [], threading.Event()

    def resolve(self, request, handler):
        name, kind = str(request.q.qname).rstrip("."), QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        self.over.wait(self.delay)
        reply = request.reply()
        reply.header.rcode = getattr(RCODE, self.code)
        known = {row for row, _ in self.rows}
        if self.code == "NOERROR" and name not in known:
            reply.header.rcode = RCODE.NXDOMAIN
        for value in self.rows.get((name, kind), []):
            reply.add_answer(RR(name, request.q.qtype, rdata=RECORDS[kind](value), ttl=60))
        if handler.protocol == "udp" and len(reply.pack()) > 512:  # to be asked for over TCP
            reply = request.reply()
            reply.header.tc = 1
        return reply


def both_servers(server, quiet):
    """Over UDP and TCP at one port, which is free for both."""
    while True:
        over_udp = DNSServer(server, address="127.0.0.1", port=0, logger=quiet)
        try:
            port = over_udp.server.server_address[1]
            return over_udp, DNSServer(server, address="127.0.0.1", port=port, tcp=True, logger=quiet)
        except OSError as error:
            over_udp.server.server_close()
            if error.errno != errno.EADDRINUSE:
                raise


@contextlib.contextmanager
def name_server(rows, **how):
    """Where it is, for --dns, and the server."""
    server = NameServer(rows, **how)
    quiet = type("quiet", (), {"__getattr__": lambda *_: lambda *_: None})()
    over_udp, over_tcp = both_servers(server, quiet)
    port = over_udp.server.server_address[1]
    for each in over_udp, over_tcp:
        threading.Thread(target=each.server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        server.over.set()
        for each in over_udp, over_tcp:
            each.server.shutdown()
            each.server.server_close()
