"""A headless Chromium, driven through ChromeDriver's HTTP interface with nothing but Python's standard library."""

import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request


class Browser:
    """Use as a context manager. The profile is a fresh one; --no-sandbox lets it run as root in a container, and a pipe
    to the browser spares ChromeDriver the name localhost, which a bare Debian does not know."""

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="gradrace-browser-", ignore_cleanup_errors=True)
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        try:
            self._url = f"http://127.0.0.1:{self._port()}"
            arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--remote-debugging-pipe", "--hide-scrollbars", "--disable-background-networking", "--disable-component-update",
                         f"--user-data-dir={self._profile.name}"]
            session = self._send("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": {"args": arguments},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
            self._url += f"/session/{session['sessionId']}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if "/session/" in self._url:
                self._send("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait()
            self._driver.stdout.close()
            self._profile.cleanup()

    def open(self, url):
        self._send("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What the body of a JavaScript function returns."""
        return self._send("POST", "/execute/sync", {"script": script, "args": arguments})

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self._send("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def view(self, width, height, dark=False, scale=1):
        """Shows pages as on a screen of this size (in CSS pixels) that prefers this colour scheme."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                     mobile=width < 600)
        self.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def console(self):
        """What came to the console since the last call: a list of (level, message)."""
        return [(entry["level"], entry["message"]) for entry in self._log("browser")]

    def requests(self):
        """The addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def _log(self, kind):
        return self._send("POST", "/se/log", {"type": kind})

    def _port(self):
        self._url = ""
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return found[1]
        raise RuntimeError("chromedriver does not start")

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None
