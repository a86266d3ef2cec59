//! How long a request may take, and whose fault it is when it takes longer: 408 when its body comes too slowly, 503 when
//! the service does.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::watch;

use super::error::{ApiError, Problem};

/// Tells when the body of a request has arrived, and whether all of it did. The listener puts one into each request's
/// extensions; without one there is nothing to wait for.
#[derive(Debug)]
pub struct Receipt(watch::Sender<State>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Arriving,
    Complete,
    Cut(Cut),
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// It came too slowly.
    TooSlow,
    /// The service, or the client's share of it, holds as many bytes of bodies as it may.
    NoRoom,
}

impl Default for Receipt {
    fn default() -> Self {
        Self(watch::Sender::new(State::Arriving))
    }
}

impl Receipt {
    /// Notes that there is no more to come, or that nobody reads it.
    pub fn complete(&self) {
        self.end(State::Complete);
    }

    /// Notes that the rest is not read.
    pub fn cut(&self, why: Cut) {
        self.end(State::Cut(why));
    }

    fn end(&self, end: State) {
        self.0.send_if_modified(|state| {
            let arriving = *state == State::Arriving;
            if arriving {
                *state = end;
            }
            arriving
        });
    }

    async fn arrived(&self) {
        // The sender is there as long as this is.
        let _ = self.0.subscribe().wait_for(|state| *state != State::Arriving).await;
    }

    fn refusal(&self) -> Option<ApiError> {
        match *self.0.borrow() {
            State::Cut(Cut::TooSlow) => {
                Some(ApiError::new(Problem::RequestTimeout, "The body came too slowly; nothing was done."))
            }
            State::Cut(Cut::NoRoom) => {
                Some(ApiError::new(Problem::Overloaded, "Too many bodies are on their way; nothing was done."))
            }
            State::Arriving | State::Complete => None,
        }
    }
}

/// Lets the rest of the layers take `limit` from the moment when the body is there.
pub async fn timed(limit: Duration, request: Request, next: Next) -> Response {
    let receipt = request.extensions().get::<Arc<Receipt>>().cloned();
    let mut answer = pin!(next.run(request));
    let answered = async {
        if let Some(receipt) = &receipt {
            tokio::select! {
                biased;
                answer = &mut answer => return Some(answer),
                () = receipt.arrived() => {}
            }
        }
        tokio::time::timeout(limit, answer).await.ok()
    };
    let answered = answered.await;
    match (receipt.and_then(|receipt| receipt.refusal()), answered) {
        (Some(refusal), _) => refusal.into_bare_response(),
        (None, Some(answer)) => answer,
        (None, None) => {
            let detail = "The service took too long. What was asked may still be done: look before you ask again.";
            ApiError::new(Problem::ServiceSlow, detail).into_bare_response()
        }
    }
}
