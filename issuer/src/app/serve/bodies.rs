//! Bodies on their way: how much of requests is held in memory, how slow they and their answers may be.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::edge::Edge;
use super::pulse::{ArrivingBody, Transfer, UnderWay};
use super::room::Space;
use crate::http::{Cut, Receipt};

/// An answer is handed on in pieces no larger than that, so that what the client has not taken is seen.
const PIECE_BYTES: usize = 16 * 1024;

/// The body of a request, while it arrives.
pub(super) struct Arriving {
    inner: Incoming,
    /// Held on until the request is answered: what the body became is in memory as long.
    space: Arc<Space>,
    receipt: Arc<Receipt>,
    edge: Edge,
    under_way: Option<ArrivingBody>,
    transfer: Option<Transfer>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// A body that was not read to its end.
#[derive(Debug)]
struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body was not read to its end")
    }
}

impl Error for CutOff {}

impl Arriving {
    pub(super) fn new(inner: Incoming, space: Arc<Space>, receipt: Arc<Receipt>, edge: &Edge) -> Self {
        let under_way = (!inner.is_end_stream()).then(|| edge.pulse.begin_body());
        if under_way.is_none() {
            receipt.complete();
        }
        Self { inner, space, receipt, edge: edge.clone(), under_way, transfer: None, timer: None }
    }

    fn complete(&mut self) {
        self.under_way = None;
        self.space.complete();
        self.receipt.complete();
    }

    fn cut(&mut self, why: Cut) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.receipt.cut(why);
        self.under_way = None;
        match why {
            Cut::TooSlow => self.edge.common.figures.slow_body(),
            Cut::NoRoom => self.edge.common.figures.body_without_room(),
        }
        Poll::Ready(Some(Err(Box::new(CutOff))))
    }

    /// Whether the client has been too slow, looked at again when it would be.
    fn poll_too_slow(&mut self, context: &mut Context<'_>, transfer: Transfer) -> Poll<()> {
        let deadline = transfer.deadline(self.edge.pulse.limits());
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context)
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut transfer = *self.transfer.get_or_insert_with(|| Transfer::begin(Instant::now()));
        if self.space.is_cut(context) {
            return self.cut(Cut::NoRoom);
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Pending => {
                ready!(self.poll_too_slow(context, transfer));
                self.cut(Cut::TooSlow)
            }
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                transfer.moved(bytes, Instant::now());
                self.transfer = Some(transfer);
                if self.space.grow(bytes).is_err() {
                    return self.cut(Cut::NoRoom);
                }
                if self.inner.is_end_stream() {
                    self.complete();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                self.complete();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.complete();
    }
}

/// The body of an answer, until the client has taken it.
pub(super) struct Leaving {
    inner: Body,
    piece: Bytes,
    under_way: UnderWay,
}

impl Leaving {
    pub(super) fn new(inner: Body, mut under_way: UnderWay) -> Self {
        under_way.answered();
        Self { inner, piece: Bytes::new(), under_way }
    }

    /// The next piece of what is held already.
    fn take_piece(&mut self) -> Frame<Bytes> {
        let piece = self.piece.split_to(self.piece.len().min(PIECE_BYTES));
        self.under_way.sent(piece.len());
        Frame::data(piece)
    }
}

impl hyper::body::Body for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.piece.is_empty() {
            return Poll::Ready(Some(Ok(self.take_piece())));
        }
        let Poll::Ready(polled) = Pin::new(&mut self.inner).poll_frame(context) else {
            self.under_way.pause();
            return Poll::Pending;
        };
        match polled.transpose()?.map(Frame::into_data) {
            Some(Ok(data)) => {
                self.piece = data;
                Poll::Ready(Some(Ok(self.take_piece())))
            }
            Some(Err(other)) => Poll::Ready(Some(Ok(other))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, held) = (self.inner.size_hint(), self.piece.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + held);
        }
        hint.set_lower(rest.lower() + held);
        hint
    }
}
