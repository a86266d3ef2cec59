//! Acts on agents, keys and verifiers: on whom they are, what they ask, and what they leave behind.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod origins;
mod request_keys;
