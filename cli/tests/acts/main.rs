//! Acts on agents, keys and verifiers: on whom they are, what they ask, and what they leave behind.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod confirmed;
mod demands;
mod issued;
mod lines;
mod named;
mod origins;
mod receipts;
mod request_keys;
