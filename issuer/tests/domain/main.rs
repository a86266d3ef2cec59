//! The domain over a real database: agents, receipts, the log, credentials, and what survives a kill.

mod agents;
mod challenges;
mod crash;
mod credentials;
mod database_files;
mod faults;
mod log;
mod log_random;
mod memory;
mod migrations;
mod prepared;
mod presentation_requests;
mod receipts;
mod rig;
mod standing;
mod status_space;
