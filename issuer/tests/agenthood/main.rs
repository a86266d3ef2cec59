//! Proof of Agenthood, driven in process through the router, with wallets that sign, a real database, and a clock that
//! the test sets; where another process is the chain, over a real socket.

mod chain_contract;
mod chain_trust;
mod claims;
mod codes;
#[path = "../openapi/conformance.rs"]
mod conformance;
mod foreign;
mod foreign_reader;
mod life;
mod limits;
mod lists;
mod pages;
mod random_histories;
mod rig;
mod schemas;
mod scripted;
mod second_process;
mod watcher;
