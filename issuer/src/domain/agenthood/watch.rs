//! The watcher's judgement: every finalised change is held against the documents of its agent, once. The block that
//! was judged and the revocations it caused are written in one transaction, so that a restart misses nothing and
//! repeats nothing.

use poa_verifier::agenthood::hex32::BlockHash;

use super::documents::{self, DocumentRow, Revocation};
use super::reason::ninety_days_over;
use super::{AgenthoodError, Jti, Reason, ZERO_BALANCE_MS};
use crate::chain::{Change, Changes};
use crate::domain::Domain;
use crate::store::Tx;

/// How far changes were judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watch {
    /// The chain.
    pub genesis: BlockHash,
    /// Every finalised change up to this block was judged.
    pub block: u64,
    /// The service's clock when it was, Unix seconds.
    pub at: u64,
}

/// What judging some changes did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WatchOutcome {
    /// Documents revoked: which, why, and the block that caused it.
    pub revoked: Vec<(Jti, Reason, u64)>,
    /// The block judged up to.
    pub block: u64,
    /// Whether that is the head.
    pub caught_up: bool,
}

impl Domain {
    /// How far changes were judged; none before the first document was issued: then there is nothing to watch.
    pub async fn agenthood_watch(&self) -> Result<Option<Watch>, AgenthoodError> {
        self.store.read_tx(|tx, _| Box::pin(async move { Ok(tx.agenthood_watch().await?) })).await
    }

    /// Judges the answer to "what changed after block `after`", where `after` is the watcher's block.
    pub async fn judge_changes(&self, after: u64, changes: &Changes, now: u64) -> Result<WatchOutcome, AgenthoodError> {
        self.store
            .run_tx("judge_changes", |tx, _| {
                Box::pin(async move {
                    let watch = tx.agenthood_watch().await?.ok_or(AgenthoodError::WatchMoved)?;
                    if watch.genesis != changes.chain.genesis {
                        let found = changes.chain.genesis;
                        return Err(AgenthoodError::OtherChain { known: watch.genesis, found });
                    }
                    if watch.block != after || changes.through < after {
                        return Err(AgenthoodError::WatchMoved);
                    }
                    let mut revoked = Vec::new();
                    for change in &changes.changes {
                        judge_change(tx, change, now, &mut revoked).await?;
                    }
                    let caught_up = changes.through == changes.head.number;
                    if caught_up {
                        judge_zero_balances(tx, changes, now, &mut revoked).await?;
                    }
                    tx.set_agenthood_watch(&watch.genesis, changes.through, now).await?;
                    Ok(WatchOutcome { revoked, block: changes.through, caught_up })
                })
            })
            .await
    }
}

/// Holds one change against the agent's documents that were read before it. Expired ones are left alone: no verifier
/// takes them, and the list need not carry them for ever. Their time is over by the service's clock, whatever the
/// chain's says.
async fn judge_change(
    tx: &mut Tx,
    change: &Change,
    now: u64,
    revoked: &mut Vec<(Jti, Reason, u64)>,
) -> Result<(), AgenthoodError> {
    let Change { agent, block, state } = change;
    for document in tx.agenthood_documents_read_before(agent, block.number).await? {
        if !document.lives_at(now) {
            continue;
        }
        match document.facts.ended_by(state, document.zero_since_ms, block.time_ms) {
            Some(reason) => end(tx, &document, reason, block.number, now, revoked).await?,
            None if document.zero_since_ms != state.zero_balance_since_ms => {
                tx.set_agenthood_zero_since(document.jti, state.zero_balance_since_ms).await?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Ends documents whose agents' balance has been zero for ninety days at the head.
async fn judge_zero_balances(
    tx: &mut Tx,
    changes: &Changes,
    now: u64,
    revoked: &mut Vec<(Jti, Reason, u64)>,
) -> Result<(), AgenthoodError> {
    let head = &changes.head;
    let Some(latest_beginning) = head.time_ms.checked_sub(ZERO_BALANCE_MS) else { return Ok(()) };
    for document in tx.agenthood_documents_zero_since(latest_beginning).await? {
        let over = document.zero_since_ms.is_some_and(|since| ninety_days_over(since, head.time_ms));
        if over && document.lives_at(now) {
            end(tx, &document, Reason::BalanceZero90d, head.number, now, revoked).await?;
        }
    }
    Ok(())
}

async fn end(
    tx: &mut Tx,
    document: &DocumentRow,
    reason: Reason,
    block: u64,
    now: u64,
    revoked: &mut Vec<(Jti, Reason, u64)>,
) -> Result<(), AgenthoodError> {
    let revocation = Revocation { at: now, reason, cause_block: Some(block) };
    documents::revoke(tx, document, &revocation).await?;
    revoked.push((document.jti, reason, block));
    Ok(())
}
