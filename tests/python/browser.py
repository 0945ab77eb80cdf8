# SPDX-License-Identifier: MIT
"""Headless Chromium over a pipe (the DevTools protocol): what a test asks of a page. Nothing but Debian's package."""

import base64
import json
import os
import shutil
import subprocess

import pytest

needed = pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium")
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " ")}


class Browser:
    """A page of its own; `errors` collects what it throws, logs as an error, or asks of a network."""

    def __init__(self, url, folder, width=1200, height=900):
        here, to_page = os.pipe()
        from_page, there = os.pipe()
        self._child = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{here} 4>&{there}', "bash", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
             f"--window-size={width},{height}", f"--user-data-dir={folder}", "--remote-debugging-pipe"],
            pass_fds=(here, there), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(here)
        os.close(there)
        self._out, self._in = to_page, os.fdopen(from_page, "rb")
        self._number, self._buffer, self._session, self.errors = 0, b"", None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)
        self.run("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.terminate()
        self._child.wait()
        os.close(self._out)
        self._in.close()

    def call(self, method, **parameters):
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self._hear(told)

    def _next(self):
        while b"\0" not in self._buffer:
            more = self._in.read1(1 << 20)
            assert more, "the browser ended"
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)

    def _hear(self, told):
        method, what = told.get("method"), told.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(what["exceptionDetails"].get("exception", {}).get("description", str(what)))
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            self.errors.append(what["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
            self.errors.append(str(what["args"]))
        elif method == "Network.requestWillBeSent" and not what["request"]["url"].startswith(("file:", "data:", "blob:", "about:")):
            self.errors.append(f"asks the network for {what['request']['url']}")

    def run(self, script):
        """What a script gives; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def press(self, key):
        code, text = KEYS[key]
        more = {"key": key, "windowsVirtualKeyCode": code, "code": {" ": "Space"}.get(key, key)}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    def print_to(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))

    def picture(self, path, whole=True):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))
