"""A real `xmppd` with a certificate of its own, and slixmpp clients that talk to it."""

import asyncio
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import slixmpp

DOMAIN = "school.test"
PASSWORD = "pencil pencil"
# On a busy machine most of it is waiting for a processor.
LIMIT = 20


class School:
    """The server, in a folder that goes away."""

    def __init__(self, accounts, settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.claim, (self.port, self.direct_tls, self.web) = claim_ports()
        self.program = os.environ["XMPPD"]
        self.data = self.folder / "data"
        self.data.mkdir()
        self._certify()
        (self.folder / "xmppd.toml").write_text(
            f'domain = "{DOMAIN}"\norganisation = "The School"\n'
            f'{settings.replace("WEB_PORT", str(self.web))}\n'
            f'[listen]\naddresses = ["127.0.0.1"]\nstarttls = {self.port}\ndirect-tls = {self.direct_tls}\n'
        )
        for account in accounts:
            self.user("add", *account.split(), *(() if "--kind" in account else ("--kind", "teacher")), "--password-stdin", "--data", str(self.data))
        self._start()

    def user(self, *arguments):
        subprocess.run([self.program, "user", *arguments], input=PASSWORD, text=True, check=True,
                       stdout=subprocess.DEVNULL, timeout=LIMIT)

    def _start(self):
        self.log = open(self.folder / "log", "a+")
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", str(self.folder / "xmppd.toml"), "--data", str(self.data)],
            stderr=self.log, stdin=subprocess.DEVNULL)
        for _ in range(LIMIT * 50):
            if "ready" in (self.folder / "log").read_text():
                return
            if self.process.poll() is not None:
                break
            self._wait()
        raise RuntimeError("the server does not start:\n" + (self.folder / "log").read_text())

    def _wait(self):
        try:
            self.process.wait(0.02)
        except subprocess.TimeoutExpired:
            pass

    def restart(self):
        self.stop()
        (self.folder / "log").unlink()
        self._start()

    def stop(self):
        self.process.terminate()
        self.process.wait(LIMIT)
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)
        self.claim.close()

    def _certify(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}",
             "-keyout", "key.pem", "-out", "chain.pem"],
            cwd=self.folder, check=True, stderr=subprocess.DEVNULL, timeout=LIMIT)


def claim_ports():
    """The first three that nobody has, below those that connections get by themselves, and the claim to them: a socket of
    UDP, which is in nobody's way, so that nobody else who looks for ports so takes them before the server listens."""
    for first in range(20_000, 32_000, 4):
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ports = range(first, first + 3)
        try:
            claim.bind(("127.0.0.1", first))
            for port in ports:
                socket.create_server(("127.0.0.1", port)).close()
            return claim, ports
        except OSError:
            claim.close()
    raise RuntimeError("no three ports are free")


class Client(slixmpp.ClientXMPP):
    """A client that has logged in, sent presence, and collects what it receives."""

    def __init__(self, school, name, resource, plugins=()):
        super().__init__(f"{name}@{DOMAIN}/{resource}", PASSWORD)
        self.school = school
        self.ca_certs = str(school.folder / "chain.pem")
        self.use_presence_ids = False
        for plugin in plugins:
            self.register_plugin(*plugin) if isinstance(plugin, tuple) else self.register_plugin(plugin)
        self.inbox = asyncio.Queue()
        self.seen = asyncio.Queue()
        self.add_event_handler("message", self.inbox.put_nowait)
        self.add_event_handler("message_error", self.inbox.put_nowait)
        self.add_event_handler("presence", self.seen.put_nowait)

    async def enter(self, presence=True):
        """Logs in."""
        started = self.happens("session_start")
        failed = self.happens("failed_all_auth")
        self.connect("127.0.0.1", self.school.port)
        done, pending = await asyncio.wait([started, failed], return_when=asyncio.FIRST_COMPLETED)
        for other in pending:
            other.cancel()
        if started not in done:
            raise RuntimeError(f"{self.boundjid} cannot log in")
        if presence:
            await self.get_roster()
            self.send_presence()
        return self

    def happens(self, event):
        """The next time this happens, as a future."""
        future = asyncio.get_running_loop().create_future()

        def settle(data):
            if not future.done():
                future.set_result(data)

        self.add_event_handler(event, settle, disposable=True)
        return asyncio.ensure_future(asyncio.wait_for(future, LIMIT))

    async def reads(self, condition=lambda message: message["body"]):
        """The next message that fulfils the condition."""
        async with asyncio.timeout(LIMIT):
            while True:
                message = await self.inbox.get()
                if condition(message):
                    return message

    async def sees(self, condition):
        """The next presence that fulfils the condition."""
        async with asyncio.timeout(LIMIT):
            while True:
                presence = await self.seen.get()
                if condition(presence):
                    return presence

    async def leave(self):
        await asyncio.wait_for(self.disconnect(), LIMIT)


class Scenario(unittest.IsolatedAsyncioTestCase):
    """One server for each test, and clients that leave when it ends."""

    accounts = ("juliet", "romeo", "nurse --kind administrator")
    settings = ""

    def setUp(self):
        self.school = School(self.accounts, self.settings)
        self.clients = []

    async def client(self, name, resource="phone", plugins=(), presence=True):
        client = Client(self.school, name, resource, plugins)
        self.clients.append(client)
        return await client.enter(presence)

    async def asyncTearDown(self):
        for client in self.clients:
            if client.is_connected():
                await client.leave()

    def tearDown(self):
        self.school.close()
