//! An HTTP server that a stranger runs: it answers each request as a function says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

/// A request as it came.
pub struct Asked {
    /// The path.
    pub path: String,
    /// The body.
    pub body: String,
}

/// Starts the server on a free port of this machine; its URL. It runs until the test's process ends.
pub fn serve(answer: impl Fn(&Asked, &str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let own = url.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let Some(asked) = read(&mut reader) else { continue };
            let body = answer(&asked, &own);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
            let _ = write!(reader.get_mut(), "{head} {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

fn read(reader: &mut BufReader<std::net::TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { path, body: String::from_utf8(body).ok()? })
}
