//! The changes the registry can make, as a pure step from one record to the next.

use poa_verifier::agenthood::claims::Balance;
use poa_verifier::agenthood::ss58::Address;
use serde_json::Value;

use super::record::{self, Record};
use super::{MAX_RUNS, RegistryError};

/// What an agent is registered with.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// For people, 1 to 200 bytes.
    pub name: String,
    /// For people, at most 2000 bytes.
    pub summary: Option<String>,
    /// The behaviour graph, version 1.
    pub abg: Value,
    /// Whether it controls itself.
    pub sovereign: bool,
    /// Who controls it otherwise.
    pub controller: Option<Address>,
    /// Who registered it.
    pub registrar: Address,
    /// Base units.
    pub balance: Balance,
    /// Whether an enclave's operator runs its tools.
    pub enclave_bound: bool,
}

/// One change of one agent.
#[derive(Clone, Debug)]
pub enum Act {
    /// Registers, also again after a deregistration.
    Register(Box<NewAgent>),
    /// Publishes a behaviour graph under the next version.
    PublishAbg(Value),
    /// Hands control to another account, or to none.
    RotateController(Option<Address>),
    /// Makes the agent sovereign or controlled.
    SetSovereign(bool),
    /// Sets the free balance, base units.
    SetBalance(Balance),
    /// Marks the agent as one the chain may remove for want of funds.
    SetCollectable(bool),
    /// Records runs: verified by an opening, by signature only.
    RecordRuns {
        /// Runs with a KZG opening.
        kzg: u32,
        /// Runs with a signature alone.
        signature_only: u32,
    },
    /// Removes the agent.
    Deregister,
}

impl Act {
    /// Its name in the chain's history and the operator's log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Register(_) => "register",
            Self::PublishAbg(_) => "publish_abg",
            Self::RotateController(_) => "rotate_controller",
            Self::SetSovereign(_) => "set_sovereign",
            Self::SetBalance(_) => "set_balance",
            Self::SetCollectable(_) => "set_collectable",
            Self::RecordRuns { .. } => "record_runs",
            Self::Deregister => "deregister",
        }
    }

    /// The runs it records: true for an opening.
    pub(super) fn runs(&self) -> impl Iterator<Item = bool> + use<> {
        let (kzg, signature_only) = match self {
            Self::RecordRuns { kzg, signature_only } => (*kzg, *signature_only),
            _ => (0, 0),
        };
        (0..kzg).map(|_| true).chain((0..signature_only).map(|_| false))
    }

    /// The record after this change in block `number` at `time_ms`.
    pub(super) fn apply(&self, before: Option<Record>, number: u64, time_ms: u64) -> Result<Record, RegistryError> {
        let before = before.filter(|record| record.registered);
        if let Self::Register(new) = self {
            return match before {
                Some(_) => Err(RegistryError::AlreadyRegistered),
                None => record::registered(new, number, time_ms),
            };
        }
        let before = before.ok_or(RegistryError::NotRegistered)?;
        let after = self.change(before.clone(), time_ms)?;
        // Runs leave the record as it is and still make a block.
        if after == before && !matches!(self, Self::RecordRuns { .. }) {
            return Err(RegistryError::Unchanged);
        }
        Ok(after)
    }

    fn change(&self, mut record: Record, time_ms: u64) -> Result<Record, RegistryError> {
        match self {
            Self::Register(_) => return Err(RegistryError::AlreadyRegistered),
            Self::PublishAbg(abg) => record.set_abg(abg)?,
            Self::RotateController(controller) => record.controller = *controller,
            Self::SetSovereign(sovereign) => record.sovereign = *sovereign,
            Self::SetBalance(balance) => record.set_balance(*balance, time_ms),
            Self::SetCollectable(collectable) => record.collectable = *collectable,
            Self::RecordRuns { kzg, signature_only } => {
                if !(1..=MAX_RUNS).contains(&kzg.saturating_add(*signature_only)) {
                    return Err(RegistryError::Member { member: "kzg", reason: "with signatureOnly, 1 to 1000 runs" });
                }
            }
            Self::Deregister => record.registered = false,
        }
        Ok(record)
    }
}
