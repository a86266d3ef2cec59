//! What the listener counts, for `GET /metrics`: connections, bodies, and requests that no route saw.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;

use super::room::Room;
use super::shares::Shares;

/// How a connection ended, or why there was none.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Closed {
    /// By its peer, or after its last answer.
    Served,
    /// The TLS handshake failed or took too long.
    Handshake,
    /// A header was not completed in time.
    Header,
    /// Nothing came.
    Idle,
    /// What was sent was not taken.
    Answer,
    /// The client took too many requests back.
    Abandoned,
    /// For want of places.
    Displaced,
    /// The service stopped.
    Stopping,
}

impl Closed {
    const ALL: [Self; 8] = [
        Self::Served,
        Self::Handshake,
        Self::Header,
        Self::Idle,
        Self::Answer,
        Self::Abandoned,
        Self::Displaced,
        Self::Stopping,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Handshake => "handshake",
            Self::Header => "header",
            Self::Idle => "idle",
            Self::Answer => "answer",
            Self::Abandoned => "abandoned",
            Self::Displaced => "displaced",
            Self::Stopping => "stopping",
        }
    }
}

/// The figures of one listener. It puts them into each request's extensions.
pub(crate) struct DoorFigures {
    requests: Arc<Shares>,
    bodies: Arc<Room>,
    opened: AtomicU64,
    no_place: AtomicU64,
    closed: [AtomicU64; Closed::ALL.len()],
    slow_bodies: AtomicU64,
    bodies_without_room: AtomicU64,
    /// Requests refused before a route saw them, by status.
    refused: Mutex<BTreeMap<u16, u64>>,
}

impl DoorFigures {
    pub(super) fn new(requests: Arc<Shares>, bodies: Arc<Room>) -> Self {
        Self {
            requests,
            bodies,
            opened: AtomicU64::new(0),
            no_place: AtomicU64::new(0),
            closed: Default::default(),
            slow_bodies: AtomicU64::new(0),
            bodies_without_room: AtomicU64::new(0),
            refused: Mutex::default(),
        }
    }

    pub(super) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn no_place(&self) {
        self.no_place.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn closed(&self, how: Closed) {
        self.closed[how as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn slow_body(&self) {
        self.slow_bodies.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn body_without_room(&self) {
        self.bodies_without_room.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, status: StatusCode) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(status.as_u16()).or_default() += 1;
    }

    /// As Prometheus reads it.
    pub(crate) fn write(&self, text: &mut String) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let closed = self.closed.each_ref().map(of);
        let open = of(&self.opened).saturating_sub(closed.iter().sum());
        for (name, kind, help, value) in [
            ("poa_connections_open", "gauge", "Connections there are.", open),
            ("poa_connections_opened_total", "counter", "Connections that got a place.", of(&self.opened)),
            ("poa_connections_refused_total", "counter", "Connections without a place.", of(&self.no_place)),
            ("poa_requests_under_way", "gauge", "Requests that are not answered yet.", self.requests.total() as u64),
            ("poa_body_bytes", "gauge", "Counted bytes of bodies in memory.", self.bodies.counted() as u64),
        ] {
            // A `String` takes every write.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
        }
        let closed = Closed::ALL.into_iter().map(|how| (how.as_str().to_owned(), closed[how as usize]));
        family(text, "poa_connections_closed_total", "Connections that ended.", "reason", closed);
        let cut = [("slow".to_owned(), of(&self.slow_bodies)), ("no_room".to_owned(), of(&self.bodies_without_room))];
        family(text, "poa_bodies_cut_total", "Bodies that were not read to their end.", "reason", cut);
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refused = refused.into_iter().map(|(status, number)| (status.to_string(), number));
        let help = "Requests refused before a route saw them.";
        family(text, "poa_refused_requests_total", help, "status", refused);
    }
}

fn family(text: &mut String, name: &str, help: &str, label: &str, rows: impl IntoIterator<Item = (String, u64)>) {
    // A `String` takes every write.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n");
    for (value, number) in rows {
        let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {number}");
    }
}
