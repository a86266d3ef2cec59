//! The service: registers agents, takes signed work receipts, keeps the log, issues and revokes credentials.
//!
//! | module | what |
//! |---|---|
//! | [`app`] | [`App`]: everything put together; [`App::open`], [`App::router`], [`App::serve`] |
//! | [`http`] | the API, one file per resource; [`http_signature`] for agents' requests |
//! | [`service`], [`documents`], [`trust`], [`disclosure`] | what handlers ask for; the documents that are written |
//! | [`did_url`] | the syntax of DIDs of any method |
//! | [`domain`] | the rules: no SQL, no HTTP, time passed in |
//! | [`store`] | SQL, and nothing else |
//! | [`keys`] | what signs, what seals, the operator's token |
//! | [`chain`], [`foreign_lists`] | what is read from elsewhere: the chain, other issuers' revocation lists |
//! | [`outbound`] | which of others' URLs are read, and whose certificates are believed there |
//! | [`config`], [`clock`], [`client`], [`engine`], [`proving`], [`pages`] | configuration, time, who is counted, prover, worker threads, HTML |
//! | [`measure`] | what appending to the log costs on a machine |
//!
//! `http` stands on `service`, `service` on `domain` and `documents`, `domain` on `store`; nothing points
//! the other way.
#![deny(missing_docs)]

pub mod app;
pub mod chain;
pub mod client;
pub mod clock;
pub mod config;
pub mod did_url;
pub mod disclosure;
pub mod documents;
pub mod domain;
pub mod engine;
pub mod foreign_lists;
pub mod http;
pub mod http_signature;
pub mod keys;
pub mod level_timing;
mod log_lines;
pub mod measure;
pub mod outbound;
pub mod pages;
pub mod proving;
pub mod service;
pub mod store;
pub mod trust;

pub use app::{App, Door, OpenError, Publisher, TlsError};
pub use config::{Config, ProvingLimits, PublicUrl, TlsFiles, VerifyingLimits};
