"""A ClickHouse HTTP interface over the engine embedded in `chdb-core`, for tests and local development.

It speaks as much of the interface as Adroit uses, so that against a real server only CLICKHOUSE_URL changes:

- `GET /ping`, and `POST /` (or `GET /` for reading) with the statement in the body, or in `?query=` with the data of
  an INSERT in the body; bodies may be gzipped (`Content-Encoding: gzip`).
- `?param_NAME=` for `{NAME:Type}`, `?database=`, `?default_format=`; every other query parameter is a setting of the
  statement (`insert_deduplication_token`, `output_format_json_quote_64bit_integers`, ...), as on a server.
- `X-ClickHouse-User` and `X-ClickHouse-Key` are accepted and not checked.
- Failures answer 500 (404 for what does not exist) with `Code: N. DB::Exception: ...` as text and the code in
  `X-ClickHouse-Exception-Code`.

A parameter's value is read by the engine in its TabSeparated escaping, as a server reads it.
The state lives in the folder of `--path`. One engine runs one statement at a time here: a test double for
correctness, not for load.

    python front.py --path FOLDER [--port 8123] [--host 127.0.0.1]

Port 0 takes a free one. The first line printed is the address.
"""

import argparse
import gzip
import json
import pathlib
import re
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

# Where tools/python.py puts the engine, unless it is installed otherwise.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "target" / "tools" / "clickhouse"))

from chdb import session  # noqa: E402

EXCEPTION = re.compile(r"Code: (\d+)\. ")
# A trailing FORMAT clause of a statement that reads, outside of quotes.
FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
INSERT = re.compile(r"^\s*INSERT\s+INTO\b", re.IGNORECASE)
NAME = re.compile(r"^\w+$")
# Query parameters of the interface itself; all others are settings.
RESERVED = {"query", "database", "default_format", "user", "password", "session_id", "query_id", "compress"}
# The server answers these with 404: unknown table, unknown database, file not found.
NOT_FOUND = {"60", "81", "107"}
MAX_BODY = 256 * 1024 * 1024


class Refused(Exception):
    """A request the front itself turns down, worded as the server would."""

    def __init__(self, code, message):
        super().__init__(f"Code: {code}. DB::Exception: {message}")


def quoted(value):
    """A setting's value as a literal."""
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def with_settings(sql, settings):
    """The statement with settings appended, where its kind takes them."""
    if not settings:
        return sql
    clause = "SETTINGS " + ", ".join(f"{name} = {quoted(value)}" for name, value in settings.items())
    if INSERT.match(sql):
        # INSERT INTO t [(columns)] [SETTINGS ...] FORMAT F | VALUES | SELECT
        return re.sub(r"\s+(FORMAT|VALUES|SELECT)\b", lambda at: f" {clause} {at.group(1)}", sql, count=1, flags=re.I)
    if re.match(r"^\s*(SELECT|WITH)\b", sql, re.IGNORECASE):
        return f"{sql.rstrip().rstrip(';')}\n{clause}"
    return sql


class Engine:
    """The embedded engine: one connection, one statement at a time."""

    def __init__(self, path):
        self.session = session.Session(path)
        self.lock = threading.Lock()
        self.databases = {"default"}

    def run(self, sql, params, settings, form, database):
        """Answers bytes."""
        with self.lock:
            if not NAME.match(database):
                raise Refused(81, f"Database {database} does not exist. (UNKNOWN_DATABASE)")
            self.session.query(f"USE `{database}`")
            found = None if INSERT.match(sql) else FORMAT.search(sql)
            if found:
                form, sql = found.group(1), sql[: found.start()]
            answer = self.session.query(with_settings(sql, settings), form, params=params or None)
            return answer.bytes() if answer is not None else b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ClickHouse"
    # Headers and body leave together, at once: otherwise every answer waits for the other side's delayed ACK.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        if urlsplit(self.path).path == "/ping":
            self.answer(200, b"Ok.\n", {})
        else:
            self.handle_statement(b"")

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            self.answer(413, b"body too large\n", {})
            return
        try:
            body = self.rfile.read(length)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            self.answer(400, f"body is not gzip: {error}\n".encode(), {})
            return
        self.handle_statement(body)

    def handle_statement(self, body):
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        query = given.get("query", "")
        try:
            # As on a server, the statement is the parameter followed by the body.
            sql = (query + "\n" + body.decode()) if query else body.decode()
            if not sql.strip():
                raise Refused(62, "Syntax error: empty query. (SYNTAX_ERROR)")
            params = {name[len("param_"):]: value for name, value in given.items() if name.startswith("param_")}
            settings = {
                name: value
                for name, value in given.items()
                if name not in RESERVED and not name.startswith("param_")
            }
            for name in settings:
                if not NAME.match(name):
                    raise Refused(115, f"Unknown setting '{name}'. (UNKNOWN_SETTING)")
            database = self.headers.get("X-ClickHouse-Database") or given.get("database") or "default"
            form = given.get("default_format", "TabSeparated")
            result = self.server.engine.run(sql, params, settings, form, database)
        except UnicodeDecodeError as error:
            self.fail(f"Code: 6. DB::Exception: Cannot parse input: the body is not UTF-8: {error}. (CANNOT_PARSE_TEXT)")
        except Exception as error:  # noqa: BLE001 - whatever the engine raises is an answer
            self.fail(str(error))
        else:
            kind = "application/json" if "JSON" in form or b"{" == result[:1] else "text/plain; charset=UTF-8"
            self.answer(200, result, {"Content-Type": kind})

    def fail(self, message):
        found = EXCEPTION.search(message)
        code = found.group(1) if found else "1002"
        if not found:
            message = f"Code: 1002. DB::Exception: {message} (UNKNOWN_EXCEPTION)"
        self.answer(
            404 if code in NOT_FOUND else 500,
            (message + "\n").encode(),
            {"X-ClickHouse-Exception-Code": code, "Content-Type": "text/plain; charset=UTF-8"},
        )

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Summary", json.dumps({}))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        """Requests are not logged; failures reach whoever asked."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--path", required=True, help="folder that keeps the data")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    server = ThreadingHTTPServer((given.host, given.port), Handler)
    server.daemon_threads = True
    server.engine = Engine(given.path)
    print(f"http://{given.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
