//! Proof of Agenthood on whole documents: what verifies, and every way of bending one.

mod attestation;
mod claims;
mod header;
mod issuers;
mod keys;
mod schemas;
mod status;
mod world;
mod wycheproof;
