//! `poa agenthood` and `poa verify` as processes, against services that really run.

#[path = "../support/mod.rs"]
mod support;

mod chain;
mod foreign;
mod inputs;
mod own;
mod relayed;
mod rig;
