//! Rebuilding the tree from the leaves' openings, which are the source of truth.

use poa_circuits::native::field::F;
use poa_circuits::native::tree::Frontier;

use crate::domain::{Domain, DomainError, Kind};

/// How many leaves are read at a time.
const CHUNK: u32 = 4_096;

/// The log as rebuilt from its leaves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogAudit {
    /// Leaves appended.
    pub size: u64,
    /// The root that follows from them.
    pub root: F,
    /// Whether size and root are the stored ones.
    pub matches: bool,
}

impl Domain {
    /// Rebuilds the tree from the openings, revoked leaves as 0, and compares. Takes some 40 µs per leaf.
    pub async fn audit_log(&self) -> Result<LogAudit, DomainError> {
        let log = self.settings.log.as_str();
        self.store
            .read_tx(|tx, _| {
                Box::pin(async move {
                    let state = tx.log_state(log).await?.ok_or(DomainError::NotFound(Kind::Log))?;
                    let mut frontier = Frontier::default();
                    loop {
                        let records = tx.leaves_from(log, frontier.size(), CHUNK).await?;
                        if records.is_empty() {
                            break;
                        }
                        let values: Vec<F> = records
                            .iter()
                            .map(|r| if r.zeroed_seq.is_some() { F::from(0u64) } else { r.leaf.hash() })
                            .collect();
                        frontier.append(&values).map_err(|_| DomainError::LogFull)?;
                    }
                    let matches = (frontier.size(), frontier.root()) == (state.size, state.root);
                    Ok(LogAudit { size: frontier.size(), root: frontier.root(), matches })
                })
            })
            .await
    }
}
