//! What a connection is doing, and until when it may.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::ConnectionLimits;

/// What is left to a connection without a request when the service stops: to take the word that it does.
const FAREWELL: Duration = Duration::from_secs(1);

/// The state of one connection. Its socket, its requests and whoever watches it share it.
pub(super) struct Pulse {
    limits: ConnectionLimits,
    closed: Notify,
    state: Mutex<State>,
}

struct State {
    doing: Doing,
    /// Requests that are not answered to the end.
    requests: usize,
    /// Requests whose bodies are not complete.
    bodies: usize,
    abandoned: u32,
    header: Header,
    /// Since when a header of HTTP/2 has been under way, also beside requests.
    header_since: Option<Instant>,
    /// What the socket does not take at present.
    blocked: Option<Transfer>,
    answers: HashMap<u64, Transfer>,
    next_answer: u64,
    stopping: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Doing {
    /// A header is awaited, or arriving.
    Header(Instant),
    /// Nothing since then.
    Idle(Instant),
    /// Requests are under way, without a pause since then.
    Working(Instant),
}

/// What arrived of a header.
#[derive(Clone, Copy, Default)]
struct Header {
    begun: bool,
    line_ended: bool,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Overdue {
    /// A header began and was not completed in time.
    Header,
    /// Nothing came.
    Idle,
    /// What was sent is not taken.
    Answer,
    /// The service stops.
    Stopping,
    /// The client takes too many requests back.
    Abandoned,
}

/// Bytes on their way, in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    began: Instant,
    last: Instant,
    bytes: u64,
}

impl Transfer {
    pub(super) fn begin(now: Instant) -> Self {
        Self { began: now, last: now, bytes: 0 }
    }

    pub(super) fn moved(&mut self, bytes: usize, now: Instant) {
        self.bytes += bytes as u64;
        self.last = now;
    }

    /// When it is too slow: each byte earns its time at the least rate, and none may be without bytes for long.
    pub(super) fn deadline(&self, limits: &ConnectionLimits) -> Instant {
        let earned = Duration::from_millis(self.bytes.saturating_mul(1_000) / limits.least_rate);
        (self.last + limits.stall).min(self.began + limits.grace + earned)
    }
}

impl State {
    /// No request is under way.
    fn rest(&mut self) {
        (self.doing, self.header) = (Doing::Idle(Instant::now()), Header::default());
        if let Some(since) = self.header_since {
            self.await_header(since);
        }
    }

    /// The rest of a header is awaited.
    fn await_header(&mut self, since: Instant) {
        (self.doing, self.header) = (Doing::Header(since), Header { begun: true, line_ended: false });
    }
}

impl Pulse {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        let state = State {
            doing: Doing::Header(Instant::now()),
            requests: 0,
            bodies: 0,
            abandoned: 0,
            header: Header::default(),
            header_since: None,
            blocked: None,
            answers: HashMap::new(),
            next_answer: 0,
            stopping: None,
        };
        Arc::new(Self { limits, closed: Notify::new(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    /// How often it is looked whether something is overdue.
    pub(super) fn tick(&self) -> Duration {
        let limits = &self.limits;
        let shortest = limits.header.min(limits.stall).min(limits.grace).min(limits.idle).min(limits.drain_bodies);
        (shortest / 4).max(Duration::from_millis(10))
    }

    /// Has the connection closed by whoever watches it.
    pub(super) fn close(&self) {
        self.closed.notify_one();
    }

    /// Resolves when it is to be closed.
    pub(super) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// Whether only the client can go on, because no request of its is worked on: whether it is idle, and since when. An
    /// answer that the client does not take waits for it as an unfinished body does, and protects none. While it takes
    /// answers and sends nothing, nothing else waits for it.
    pub(super) fn waiting(&self) -> Option<(bool, Instant)> {
        let state = self.state();
        match state.doing {
            Doing::Header(since) => Some((false, since)),
            Doing::Idle(since) => Some((true, since)),
            Doing::Working(since) => {
                let for_client = state.bodies + state.answers.len();
                (state.bodies > 0 && for_client == state.requests).then_some((false, since))
            }
        }
    }

    /// How many requests are under way.
    pub(super) fn requests(&self) -> usize {
        self.state().requests
    }

    /// Notes bytes that arrived.
    pub(super) fn read(&self, bytes: &[u8]) {
        let mut state = self.state();
        if let Doing::Idle(_) = state.doing {
            state.doing = Doing::Header(Instant::now());
            state.header = Header::default();
        }
        if let Doing::Header(_) = state.doing {
            // Empty lines before a request are passed over (RFC 9112, 2.2).
            let line = bytes.iter().skip_while(|byte| !state.header.begun && matches!(**byte, b'\r' | b'\n'));
            let line: Vec<u8> = line.copied().collect();
            state.header.begun |= !line.is_empty();
            state.header.line_ended |= line.contains(&b'\n');
        }
    }

    /// Notes whether, over HTTP/2, a header is under way after the bytes that arrived.
    pub(super) fn header_is(&self, under_way: bool) {
        let mut state = self.state();
        let now = Instant::now();
        state.header_since = under_way.then(|| state.header_since.unwrap_or(now));
        match (state.doing, state.header.begun) {
            (Doing::Idle(_), _) if under_way => state.await_header(now),
            (Doing::Header(_), false) => state.header.begun = under_way,
            // The library took it, and says so next, or refused it.
            (Doing::Header(_), true) if !under_way => state.rest(),
            _ => {}
        }
    }

    /// Whether the line of the present request has arrived whole.
    pub(super) fn line_ended(&self) -> bool {
        self.state().header.line_ended
    }

    /// Notes bytes that the socket took.
    pub(super) fn wrote(&self, bytes: usize) {
        if let Some(blocked) = &mut self.state().blocked {
            blocked.moved(bytes, Instant::now());
        }
    }

    /// Notes that the socket takes nothing.
    pub(super) fn is_blocked(&self) {
        self.state().blocked.get_or_insert_with(|| Transfer::begin(Instant::now()));
    }

    /// Notes that it took everything.
    pub(super) fn flushed(&self) {
        self.state().blocked = None;
    }

    /// Notes that the service stops.
    pub(super) fn stop(&self) {
        self.state().stopping.get_or_insert_with(Instant::now);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state().stopping.is_some()
    }

    /// When the first thing is overdue, and which.
    pub(super) fn deadline(&self) -> Option<(Instant, Overdue)> {
        let (state, limits) = (self.state(), &self.limits);
        let mut deadlines = Vec::with_capacity(4);
        match state.doing {
            Doing::Header(since) => {
                let why = if state.header.begun { Overdue::Header } else { Overdue::Idle };
                deadlines.push((since + limits.header, why));
            }
            Doing::Idle(since) => deadlines.push((since + limits.idle, Overdue::Idle)),
            Doing::Working(_) => {}
        }
        let transfers = state.blocked.iter().chain(state.answers.values());
        deadlines.extend(transfers.map(|transfer| (transfer.deadline(limits), Overdue::Answer)));
        if state.abandoned > limits.abandoned {
            deadlines.push((Instant::now(), Overdue::Abandoned));
        }
        if let Some(at) = state.stopping {
            match state.doing {
                Doing::Header(_) | Doing::Idle(_) => deadlines.push((at + FAREWELL, Overdue::Stopping)),
                Doing::Working(_) if state.bodies > 0 => deadlines.push((at + limits.drain_bodies, Overdue::Stopping)),
                Doing::Working(_) => {}
            }
        }
        deadlines.into_iter().min_by_key(|(at, _)| *at)
    }

    /// Notes a request whose header has arrived.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        state.requests += 1;
        if !matches!(state.doing, Doing::Working(_)) {
            state.doing = Doing::Working(Instant::now());
        }
        state.next_answer += 1;
        UnderWay { pulse: Arc::clone(self), id: state.next_answer, answered: false }
    }

    /// Notes a body that begins to arrive.
    pub(super) fn begin_body(self: &Arc<Self>) -> ArrivingBody {
        self.state().bodies += 1;
        ArrivingBody(Arc::clone(self))
    }
}

/// A request, until its answer is sent or it is given up.
pub(super) struct UnderWay {
    pulse: Arc<Pulse>,
    id: u64,
    answered: bool,
}

impl UnderWay {
    /// Notes that there is an answer.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.sent(0);
    }

    /// Notes bytes of the answer that are on their way.
    pub(super) fn sent(&self, bytes: usize) {
        let now = Instant::now();
        self.pulse.state().answers.entry(self.id).or_insert_with(|| Transfer::begin(now)).moved(bytes, now);
    }

    /// Notes that the service itself has nothing to send at present.
    pub(super) fn pause(&self) {
        self.pulse.state().answers.remove(&self.id);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.pulse.state();
        state.answers.remove(&self.id);
        state.requests -= 1;
        if state.requests == 0 {
            state.rest();
        }
        state.abandoned += u32::from(!self.answered);
    }
}

/// A body that is not complete.
pub(super) struct ArrivingBody(Arc<Pulse>);

impl Drop for ArrivingBody {
    fn drop(&mut self) {
        self.0.state().bodies -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> ConnectionLimits {
        ConnectionLimits {
            header: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stall: Duration::from_secs(20),
            grace: Duration::from_secs(10),
            least_rate: 1_000,
            ..ConnectionLimits::for_descriptors(1_024)
        }
    }

    #[test]
    fn a_request_that_has_not_arrived_whole_holds_no_place_against_others() {
        let pulse = Pulse::new(limits());
        let request = pulse.begin();
        assert!(pulse.waiting().is_none(), "the service works on it");
        let body = pulse.begin_body();
        assert!(matches!(pulse.waiting(), Some((false, _))), "its body has not come");
        let mut other = pulse.begin();
        assert!(pulse.waiting().is_none(), "another request is worked on");
        other.answered();
        assert!(matches!(pulse.waiting(), Some((false, _))), "its answer waits for the client too");
        drop(body);
        assert!(pulse.waiting().is_none());
        drop((request, other));
        assert!(matches!(pulse.waiting(), Some((true, _))));
    }

    fn due_in(pulse: &Pulse) -> Option<(u64, Overdue)> {
        pulse.deadline().map(|(at, why)| ((at - Instant::now()).as_secs_f64().round() as u64, why))
    }

    #[test]
    fn each_state_has_its_time() {
        let pulse = Pulse::new(limits());
        assert_eq!(due_in(&pulse), Some((10, Overdue::Idle)), "nothing came");
        pulse.read(b"\r\nGET / HT");
        assert_eq!(due_in(&pulse), Some((10, Overdue::Header)));
        assert!(!pulse.line_ended());
        let mut request = pulse.begin();
        assert_eq!((due_in(&pulse), pulse.waiting().is_none()), (None, true), "the service works");
        request.answered();
        request.sent(30_000);
        assert_eq!(due_in(&pulse), Some((20, Overdue::Answer)), "it has earned more, but may not stand still");
        drop(request);
        assert_eq!(due_in(&pulse), Some((75, Overdue::Idle)));
        pulse.read(b"GET / HTTP/1.1\r\n");
        assert_eq!(due_in(&pulse), Some((10, Overdue::Header)), "a later header has its own time");
        assert!(pulse.line_ended());
        pulse.stop();
        assert_eq!(due_in(&pulse), Some((1, Overdue::Stopping)));
    }

    #[test]
    fn over_http_2_only_a_header_starts_its_time() {
        let pulse = Pulse::new(limits());
        pulse.header_is(false);
        assert_eq!(due_in(&pulse), Some((10, Overdue::Idle)), "the first one has ten seconds");
        pulse.header_is(true);
        assert_eq!(due_in(&pulse), Some((10, Overdue::Header)));
        pulse.header_is(false);
        drop(pulse.begin());
        pulse.header_is(false);
        assert_eq!(due_in(&pulse), Some((75, Overdue::Idle)), "a PING is nothing");
        pulse.header_is(true);
        assert_eq!(due_in(&pulse), Some((10, Overdue::Header)));
        pulse.header_is(false);
        let request = pulse.begin();
        pulse.header_is(true);
        assert_eq!(due_in(&pulse), None, "the service works");
        drop(request);
        assert_eq!(due_in(&pulse), Some((10, Overdue::Header)), "half a header came meanwhile");
        pulse.header_is(false);
        assert_eq!(due_in(&pulse), Some((75, Overdue::Idle)), "the library refused it");
    }

    #[test]
    fn a_transfer_earns_its_time_by_its_bytes() {
        let (limits, start) = (limits(), Instant::now());
        let mut transfer = Transfer::begin(start);
        let due = |transfer: &Transfer| (transfer.deadline(&limits) - start).as_secs();
        assert_eq!(due(&transfer), 10);
        let later = start + Duration::from_secs(9);
        transfer.moved(5_000, later);
        assert_eq!(due(&transfer), 15, "five seconds more");
        transfer.moved(1_000_000, later);
        assert_eq!(due(&transfer), 29, "whatever it has earned, it may not stand still for more than twenty");
    }

    #[test]
    fn a_client_that_takes_its_requests_back_is_cut_off() {
        let pulse = Pulse::new(ConnectionLimits { abandoned: 2, ..limits() });
        for _ in 0..2 {
            drop(pulse.begin());
        }
        assert_eq!(due_in(&pulse), Some((75, Overdue::Idle)));
        drop(pulse.begin());
        assert_eq!(due_in(&pulse), Some((0, Overdue::Abandoned)));
    }
}
