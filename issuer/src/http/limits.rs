//! How large a request may be and how long it may take, declared where each route is.

use std::time::Duration;

/// Requests of a few members.
pub const SMALL_BYTES: usize = 16 * 1024;
/// A registration with its manifest.
pub const REGISTRATION_BYTES: usize = 64 * 1024;
/// One document to verify.
pub const DOCUMENT_BYTES: usize = 80 * 1024;
/// A batch of documents or receipts.
pub const BATCH_BYTES: usize = 1024 * 1024;

/// Most values of a body: members of objects and items of lists. Twice what the largest batch has.
pub const MAX_VALUES: usize = 20_000;
/// Longer bodies are parsed by readers, beside other requests: a body of this size takes less than a millisecond.
pub const INLINE_BYTES: usize = SMALL_BYTES;

/// Everything that does not prove: arriving, deciding, answering.
pub const ORDINARY: Duration = Duration::from_secs(15);
/// Proving, with its wait in the queue.
pub const PROVING: Duration = Duration::from_secs(60);
/// Proving a hundred credentials. The work goes on after it; whoever sent an idempotency key asks again.
pub const PROVING_BATCH: Duration = Duration::from_secs(300);
