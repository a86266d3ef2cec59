//! The frames of HTTP/2 as they arrive: whether a request's header is under way. The library does not say it, and every
//! other frame (PING, WINDOW_UPDATE) would pass for the beginning of one.

/// What a client sends first (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;
const HEAD_BYTES: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the frames of one direction of a connection.
pub(super) struct Frames {
    /// Bytes to pass over: of the preface, or of the frame's payload.
    rest: usize,
    head: [u8; HEAD_BYTES],
    have: usize,
    /// Whether the header under way ends with the present frame. None when there is none under way.
    header_ends: Option<bool>,
}

impl Frames {
    /// Before the preface.
    pub(super) fn new() -> Self {
        Self { rest: PREFACE_BYTES, head: [0; HEAD_BYTES], have: 0, header_ends: None }
    }

    /// Follows more bytes. Returns whether a header is under way after them.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let passed = self.rest.min(bytes.len());
            self.rest -= passed;
            bytes = &bytes[passed..];
            if self.rest == 0 && self.header_ends == Some(true) {
                self.header_ends = None;
            }
            if bytes.is_empty() {
                return self.header_ends.is_some();
            }
            let taken = (HEAD_BYTES - self.have).min(bytes.len());
            self.head[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == HEAD_BYTES {
                self.begin_frame();
            }
        }
    }

    fn begin_frame(&mut self) {
        let [a, b, c, kind, flags, ..] = self.head;
        self.have = 0;
        self.rest = u32::from_be_bytes([0, a, b, c]) as usize;
        if matches!(kind, HEADERS | CONTINUATION) {
            self.header_ends = Some(flags & END_HEADERS != 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = payload.len() as u8;
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn after_preface() -> Frames {
        let mut frames = Frames::new();
        assert!(!frames.read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        frames
    }

    #[test]
    fn only_a_header_that_has_begun_and_not_ended_is_under_way() {
        let mut frames = after_preface();
        assert!(!frames.read(&frame(6, 0, &[1; 8])), "PING");
        assert!(!frames.read(&frame(4, 4, &[])), "SETTINGS, whose flag means something else");
        assert!(frames.read(&frame(HEADERS, 0, b"abc")));
        assert!(frames.read(&frame(CONTINUATION, 0, b"d")));
        assert!(!frames.read(&frame(CONTINUATION, END_HEADERS, b"e")));
        assert!(!frames.read(&frame(HEADERS, END_HEADERS, b"abc")));
        assert!(frames.read(&frame(HEADERS, END_HEADERS, b"abc")[..10]));
        assert!(!frames.read(b"bc"));
        assert!(!frames.read(&frame(HEADERS, END_HEADERS, b"")));
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_are_cut() {
        let bytes = [frame(6, 0, &[1; 8]), frame(HEADERS, 0, b"abc"), frame(CONTINUATION, END_HEADERS, b"e")].concat();
        let mut frames = after_preface();
        let under_way: Vec<_> = bytes.iter().map(|byte| frames.read(&[*byte])).collect();
        let expected: Vec<_> = (0..bytes.len()).map(|place| (17 + 8..bytes.len() - 1).contains(&place)).collect();
        assert_eq!(under_way, expected);
    }
}
