//! An agent as the registry keeps it, and what is read from a behaviour graph.

use poa_verifier::agenthood::claims::{
    AgentClaim, Balance, Capabilities, Funding, Grade, InferenceMix, RecentRuns, Registration,
};
use poa_verifier::agenthood::hex32::AbgHash;
use poa_verifier::agenthood::instant::Instant;
use poa_verifier::agenthood::ss58::Address;
use poa_verifier::json::{canonical, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{NewAgent, RegistryError};
use crate::chain::{Block, MAX_CLAIM_BYTES, Watched};
use crate::store::StoreError;

/// Largest behaviour graph in canonical form, bytes.
pub const MAX_ABG_BYTES: usize = 64 * 1024;
/// Most names per capability.
const MAX_NAMES: usize = 32;
/// For what the claim says beside name, summary and capabilities.
const NUMBERS_BYTES: usize = 2048;
const MAX_NAME_BYTES: usize = 100;

/// Everything of an agent but its runs. Stored as JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// False once deregistered.
    pub registered: bool,
    /// For people.
    pub name: String,
    /// For people.
    pub summary: Option<String>,
    /// SHA-256 of the graph's JCS form.
    pub abg_hash: AbgHash,
    /// From 1.
    pub abg_version: u64,
    /// Whether it controls itself.
    pub sovereign: bool,
    /// Who controls it otherwise.
    pub controller: Option<Address>,
    /// What the graph declares.
    pub capabilities: Capabilities,
    /// Where it was registered, and by whom.
    pub registration: Registration,
    /// Base units.
    pub balance: Balance,
    /// Unix milliseconds; null while there is a balance.
    pub zero_since_ms: Option<u64>,
    /// Whether the chain may remove it for want of funds.
    pub collectable: bool,
    /// Whether an enclave's operator runs its tools.
    pub enclave_bound: bool,
}

/// The first record of an agent.
pub(super) fn registered(new: &NewAgent, block: u64, time_ms: u64) -> Result<Record, RegistryError> {
    let named = |text: &str, most| !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
    if !named(&new.name, 200) {
        return Err(RegistryError::Member { member: "name", reason: "1 to 200 bytes without control characters" });
    }
    if new.summary.as_ref().is_some_and(|summary| !named(summary, 2000)) {
        return Err(RegistryError::Member { member: "summary", reason: "1 to 2000 bytes without control characters" });
    }
    let mut record = Record {
        registered: true,
        name: new.name.clone(),
        summary: new.summary.clone(),
        abg_hash: AbgHash::new([0; 32]),
        abg_version: 0,
        sovereign: new.sovereign,
        controller: new.controller,
        capabilities: Capabilities::default(),
        registration: Registration { at_block: block, registrar: new.registrar.to_string() },
        balance: Balance::default(),
        zero_since_ms: None,
        collectable: false,
        enclave_bound: new.enclave_bound,
    };
    record.set_abg(&new.abg)?;
    record.set_balance(new.balance, time_ms);
    Ok(record)
}

impl Record {
    pub(super) fn set_abg(&mut self, abg: &Value) -> Result<(), RegistryError> {
        if !abg.is_object() {
            return Err(RegistryError::Member { member: "abg", reason: "is a JSON object" });
        }
        let canonical = canonical(abg);
        if canonical.len() > MAX_ABG_BYTES {
            return Err(RegistryError::Member { member: "abg", reason: "has at most 65536 bytes" });
        }
        let hash = AbgHash::new(digest(abg));
        // The same graph again is no new version.
        if self.abg_version == 0 || hash != self.abg_hash {
            self.capabilities = capabilities(abg)?;
            self.check_size()?;
            self.abg_hash = hash;
            self.abg_version += 1;
        }
        Ok(())
    }

    /// Escapes can make the longest names twice as long.
    fn check_size(&self) -> Result<(), RegistryError> {
        let said = json!({ "name": self.name, "summary": self.summary, "capabilities": self.capabilities });
        if canonical(&said).len() > MAX_CLAIM_BYTES - NUMBERS_BYTES {
            let reason = "with name and summary declares at most 18432 bytes as JSON";
            return Err(RegistryError::Member { member: "abg", reason });
        }
        Ok(())
    }

    pub(super) fn set_balance(&mut self, balance: Balance, time_ms: u64) {
        self.balance = balance;
        // A zero that goes on keeps the time it began.
        self.zero_since_ms = (balance == Balance(0)).then(|| self.zero_since_ms.unwrap_or(time_ms));
    }

    /// Nobody, of an agent that controls itself; the account stays noted for when it does no longer.
    fn shown_controller(&self) -> Option<Address> {
        self.controller.filter(|_| !self.sovereign)
    }

    /// What may end a document.
    pub(super) fn watched(&self) -> Watched {
        Watched {
            registered: self.registered,
            abg_hash: self.abg_hash,
            abg_version: self.abg_version,
            sovereign: self.sovereign,
            controller: self.shown_controller(),
            zero_balance_since_ms: self.zero_since_ms,
            collectable: self.collectable,
        }
    }

    /// The `agent` claim at a block.
    pub(super) fn claim(self, agent: &Address, runs: &[(u64, bool)], block: &Block) -> Result<AgentClaim, StoreError> {
        let time = |ms: u64| Instant::from_unix_ms(ms).map_err(|_| StoreError::Corrupt("registry_agents.record"));
        let (funded, controller) = (self.zero_since_ms.is_none(), self.shown_controller());
        Ok(AgentClaim {
            agent_id: *agent,
            name: self.name,
            summary: self.summary,
            abg_hash: self.abg_hash.to_string(),
            abg_version: self.abg_version,
            sovereign: self.sovereign,
            controller,
            capabilities: self.capabilities,
            registration: self.registration,
            funding: Funding { seus_balance: self.balance, active: funded },
            zero_balance_since: self.zero_since_ms.map(time).transpose()?,
            recent_runs: recent_runs(runs),
            enclave_bound: self.enclave_bound,
            snapshot_at_block: block.number,
            snapshot_at_time: time(block.time_ms)?,
        })
    }
}

/// The sample of newest runs: how they were verified, and over which blocks.
fn recent_runs(runs: &[(u64, bool)]) -> RecentRuns {
    let kzg = runs.iter().filter(|(_, kzg)| *kzg).count() as u64;
    let signature_only = runs.len() as u64 - kzg;
    let grade = match (kzg, signature_only) {
        (0, 0) => Grade::Unknown,
        (_, 0) => Grade::Full,
        (0, _) => Grade::Lite,
        _ => Grade::Mixed,
    };
    let blocks = runs.iter().map(|(block, _)| *block);
    RecentRuns {
        sampled_runs: runs.len() as u64,
        inference_mix: InferenceMix { kzg, signature_only },
        grade,
        from_block: blocks.clone().min(),
        to_block: blocks.max(),
    }
}

/// What a graph declares at its top level: lists of names, or of objects with a `name`.
fn capabilities(abg: &Value) -> Result<Capabilities, RegistryError> {
    let names = |member: &'static str| match abg.get(member) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= MAX_NAMES => items.iter().map(|item| name(member, item)).collect(),
        Some(_) => Err(RegistryError::Member { member, reason: "is a list of at most 32 names" }),
    };
    Ok(Capabilities {
        models: names("models")?,
        tools: names("tools")?,
        intent_types: names("intentTypes")?,
        sub_agents: names("subAgents")?,
    })
}

fn name(member: &'static str, item: &Value) -> Result<String, RegistryError> {
    let name = item.as_str().or_else(|| item.get("name")?.as_str()).unwrap_or_default();
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(RegistryError::Member { member, reason: "a name has 1 to 100 bytes, no control characters" });
    }
    Ok(name.to_owned())
}
