//! The smallest HTTP/1.1 client that can load a server: one kept-alive connection, one request at a time, no copies
//! beyond one buffer. A client library would take more of the machine than what is measured.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A connection to one server.
pub(crate) struct Connection {
    address: SocketAddr,
    timeout: Duration,
    stream: Option<BufReader<TcpStream>>,
    request: Vec<u8>,
    line: String,
}

impl Connection {
    /// Prepares a connection; it is opened with the first request.
    pub(crate) fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self { address, timeout, stream: None, request: Vec::new(), line: String::new() }
    }

    /// Posts a body; the status of the answer. After an error the connection is opened anew.
    ///
    /// # Errors
    /// The server is gone, too slow, or speaks something else. Whether it took the request is then unknown.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> io::Result<u16> {
        let answer = self.exchange(path, body);
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    fn exchange(&mut self, path: &str, body: &[u8]) -> io::Result<u16> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.address, self.timeout)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(self.timeout))?;
                stream.set_write_timeout(Some(self.timeout))?;
                BufReader::new(stream)
            }
        };
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        )?;
        self.request.extend_from_slice(body);
        stream.get_mut().write_all(&self.request)?;

        let status = self.status_line(&mut stream)?;
        let (mut length, mut chunked, mut close) = (0, false, false);
        loop {
            self.read_line(&mut stream)?;
            let line = self.line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| wrong("content-length"))?;
            }
            chunked |= line == "transfer-encoding: chunked";
            close |= line == "connection: close";
        }
        if chunked {
            self.skip_chunks(&mut stream)?;
        } else if length > 0 {
            io::copy(&mut (&mut stream).take(length), &mut io::sink())?;
        }
        if !close {
            self.stream = Some(stream);
        }
        Ok(status)
    }

    fn status_line(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<u16> {
        self.read_line(stream)?;
        self.line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| wrong("status line"))
    }

    fn skip_chunks(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<()> {
        loop {
            self.read_line(stream)?;
            let size = u64::from_str_radix(self.line.trim(), 16).map_err(|_| wrong("chunk size"))?;
            // Each chunk ends with an empty line, the last one too.
            io::copy(&mut stream.take(size + 2), &mut io::sink())?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn read_line(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<()> {
        self.line.clear();
        if stream.read_line(&mut self.line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("unexpected {what} in an HTTP answer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn answers_with_and_without_a_body_are_read_over_one_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            let mut bodies = Vec::new();
            for answer in [
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 422 Unprocessable\r\nContent-Length: 3\r\n\r\nbad",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ] {
                let mut line = String::new();
                while line != "\r\n" {
                    line.clear();
                    stream.read_line(&mut line).unwrap();
                }
                let mut body = [0; 2];
                stream.read_exact(&mut body).unwrap();
                bodies.push(body);
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
            bodies
        });
        let mut connection = Connection::new(address, Duration::from_secs(5));
        let statuses: Vec<u16> = (0..4).map(|_| connection.post("/collect", b"{}").unwrap()).collect();
        assert_eq!(statuses, [204, 422, 200, 503]);
        assert_eq!(server.join().unwrap(), [*b"{}"; 4]);
        assert!(connection.post("/collect", b"{}").is_err(), "nobody listens any more");
    }
}
