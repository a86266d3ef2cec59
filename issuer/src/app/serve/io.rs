//! The socket as hyper sees it: what moves is noted, and an answer that hyper makes on its own gets a problem document.
//!
//! hyper answers a header that it cannot read by itself: 400, 414 or 431 without a body, and closes. Nothing lets a server
//! say more. Such an answer is recognised by its form, which no answer of ours has (every refusal has a body); it is held
//! back, and replaced when hyper closes the connection, which it does next. If anything else is written after it, it was
//! none and goes out as it is.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::Duration;

use super::edge::Edge;
use super::figures::DoorFigures;
use super::frames::Frames;
use super::pulse::Pulse;
use super::refused::Refused;

/// How long what a client still sends is read, so that it can read the answer before the connection is reset.
const LINGER: Duration = Duration::from_millis(500);
/// How long the last words to a client may take.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// No answer of hyper's own is longer.
const LONGEST_OWN: usize = 256;

/// A socket that is watched.
pub(super) struct Watched<S> {
    inner: S,
    pulse: Arc<Pulse>,
    figures: Arc<DoorFigures>,
    /// What arrives over HTTP/2. Over HTTP/1, where hyper answers on its own, there is none.
    frames: Option<Frames>,
    held: Option<Held>,
    /// Bytes of our own that go out first.
    out: Vec<u8>,
    ended: bool,
}

struct Held {
    status: StatusCode,
    bytes: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    pub(super) fn http_1(inner: S, edge: &Edge) -> Self {
        let (pulse, figures) = (Arc::clone(&edge.pulse), Arc::clone(&edge.common.figures));
        Self { inner, pulse, figures, frames: None, held: None, out: Vec::new(), ended: false }
    }

    pub(super) fn http_2(inner: S, edge: &Edge) -> Self {
        Self { frames: Some(Frames::new()), ..Self::http_1(inner, edge) }
    }

    /// Says why the connection ends, if the client takes it, and ends it.
    pub(super) async fn end_with(&mut self, refused: &Refused) {
        self.figures.refused(refused.status());
        let answer = refused.to_bytes();
        let said = async {
            self.inner.write_all(&answer).await?;
            self.inner.shutdown().await
        };
        if tokio::time::timeout(LAST_WORDS, said).await.is_ok_and(|said| said.is_ok()) {
            self.linger().await;
        }
    }

    /// Reads what still comes, for a moment. A socket that is closed with bytes unread resets the connection, and the
    /// client may lose the answer.
    pub(super) async fn linger(&mut self) {
        if self.ended || self.pulse.is_stopping() {
            return;
        }
        let mut buffer = vec![0; 8 * 1024];
        let rest = async { while matches!(self.inner.read(&mut buffer).await, Ok(1..)) {} };
        let _ = tokio::time::timeout(LINGER, rest).await;
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(self.poll_inner(context, None))?;
            self.out.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes the bytes, or those of our own.
    fn poll_inner(&mut self, context: &mut Context<'_>, bytes: Option<&[u8]>) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes.unwrap_or(&self.out));
        match &polled {
            Poll::Pending => self.pulse.is_blocked(),
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => self.pulse.wrote(*written),
            Poll::Ready(Err(_)) => {}
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let watched = &mut *self;
        let before = into.filled().len();
        ready!(Pin::new(&mut watched.inner).poll_read(context, into))?;
        match (&into.filled()[before..], &mut watched.frames) {
            ([], _) => watched.ended |= into.remaining() > 0,
            (bytes, None) => watched.pulse.read(bytes),
            (bytes, Some(frames)) => watched.pulse.header_is(frames.read(bytes)),
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(held) = self.held.take() {
            self.out.extend(held.bytes);
        }
        ready!(self.poll_out(context))?;
        match own_answer(bytes).filter(|_| self.frames.is_none()) {
            Some((0, status)) => {
                self.held = Some(Held { status, bytes: bytes.to_vec() });
                Poll::Ready(Ok(bytes.len()))
            }
            // What stands before it first.
            Some((start, _)) => self.poll_inner(context, Some(&bytes[..start])),
            None => self.poll_inner(context, Some(bytes)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        match flushed {
            Poll::Pending => self.pulse.is_blocked(),
            Poll::Ready(_) => self.pulse.flushed(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(Held { status, .. }) = self.held.take() {
            let refused = Refused::by_library(status, self.pulse.line_ended());
            self.figures.refused(refused.status());
            self.out = refused.to_bytes();
        }
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// Where in these bytes an answer begins that hyper made on its own and that ends them.
fn own_answer(bytes: &[u8]) -> Option<(usize, StatusCode)> {
    let from = bytes.len().saturating_sub(LONGEST_OWN);
    let rest = &bytes[from..];
    if !rest.ends_with(b"\r\n\r\n") {
        return None;
    }
    let start = rest.windows(9).rposition(|window| window == b"HTTP/1.1 ")?;
    let text = std::str::from_utf8(&rest[start..]).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = text.split("\r\n");
    let status = match lines.next()?.split(' ').nth(1)? {
        "400" => StatusCode::BAD_REQUEST,
        "414" => StatusCode::URI_TOO_LONG,
        "431" => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => return None,
    };
    let (mut closes, mut empty) = (false, false);
    for line in lines {
        match line.split_once(": ")? {
            ("connection", "close") => closes = true,
            ("content-length", "0") => empty = true,
            ("date", _) => {}
            _ => return None,
        }
    }
    (closes && empty).then_some((from + start, status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_the_librarys_own_are_recognised() {
        let own = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\
                   date: Mon, 30 Nov 2026 16:00:00 GMT\r\n\r\n";
        let found = |text: &str| own_answer(text.as_bytes()).map(|(start, status)| (start, status.as_u16()));
        assert_eq!(found(own), Some((0, 431)));
        assert_eq!(found(&format!("the end of a body{own}")), Some((17, 431)));
        for other in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 3\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\nvary: accept\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n",
            "",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
