//! Why a document ends. The published reasons in their published order, and `superseded`, which is ours.

use std::fmt;
use std::str::FromStr;

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::AbgHash;
use poa_verifier::agenthood::reasons::RevocationReason;
pub use poa_verifier::agenthood::reasons::{ZERO_BALANCE_MS, ninety_days_over};
use poa_verifier::agenthood::ss58::Address;

use crate::chain::Watched;

/// Why a document ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// The agent is registered no longer.
    AgentDeregistered,
    /// Its balance was zero for ninety days, or the chain may collect it.
    BalanceZero90d,
    /// It runs another behaviour graph.
    AbgChanged,
    /// It became sovereign, or ceased to be.
    SovereigntyFlipped,
    /// Somebody else controls it.
    ControllerRotated,
    /// Its controller or the service's operator revoked it.
    OperatorRevoked,
    /// A newer document took its place.
    Superseded,
}

/// What a document says that the chain may contradict later.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    /// `agent.abgHash`.
    pub abg_hash: AbgHash,
    /// `agent.abgVersion`.
    pub abg_version: u64,
    /// `agent.sovereign`.
    pub sovereign: bool,
    /// `agent.controller`.
    pub controller: Option<Address>,
}

impl Facts {
    /// The facts of an `agent` claim; none when its graph's hash is no hash.
    pub fn of(claim: &AgentClaim) -> Option<Self> {
        Some(Self {
            abg_hash: claim.abg()?,
            abg_version: claim.abg_version,
            sovereign: claim.sovereign,
            controller: claim.controller,
        })
    }

    /// The first reason, in the published order, why a document with these facts ends under `state`. `zero_since_ms`
    /// is since when the balance was zero before that state; `at_ms` the state's time.
    pub fn ended_by(&self, state: &Watched, zero_since_ms: Option<u64>, at_ms: u64) -> Option<Reason> {
        let since = zero_since_ms.or(state.zero_balance_since_ms);
        let ended = RevocationReason::first_of_a_chain(|reason| match reason {
            RevocationReason::AgentDeregistered => !state.registered,
            RevocationReason::BalanceZero => {
                state.collectable || since.is_some_and(|since| ninety_days_over(since, at_ms))
            }
            RevocationReason::AbgChanged => (self.abg_hash, self.abg_version) != (state.abg_hash, state.abg_version),
            RevocationReason::SovereigntyFlipped => self.sovereign != state.sovereign,
            // Of a sovereign agent nobody is the controller, whatever account is noted.
            RevocationReason::ControllerRotated => !self.sovereign && self.controller != state.controller,
            RevocationReason::OperatorRevoked => false,
        });
        ended.map(Reason::from)
    }
}

impl From<RevocationReason> for Reason {
    fn from(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::AgentDeregistered => Self::AgentDeregistered,
            RevocationReason::BalanceZero => Self::BalanceZero90d,
            RevocationReason::AbgChanged => Self::AbgChanged,
            RevocationReason::SovereigntyFlipped => Self::SovereigntyFlipped,
            RevocationReason::ControllerRotated => Self::ControllerRotated,
            RevocationReason::OperatorRevoked => Self::OperatorRevoked,
        }
    }
}

impl Reason {
    /// All of them, the chain's in the published order.
    pub const ALL: [Self; 7] = [
        Self::AgentDeregistered,
        Self::BalanceZero90d,
        Self::AbgChanged,
        Self::SovereigntyFlipped,
        Self::ControllerRotated,
        Self::OperatorRevoked,
        Self::Superseded,
    ];

    /// As published.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentDeregistered => RevocationReason::AgentDeregistered.as_str(),
            Self::BalanceZero90d => RevocationReason::BalanceZero.as_str(),
            Self::AbgChanged => RevocationReason::AbgChanged.as_str(),
            Self::SovereigntyFlipped => RevocationReason::SovereigntyFlipped.as_str(),
            Self::ControllerRotated => RevocationReason::ControllerRotated.as_str(),
            Self::OperatorRevoked => RevocationReason::OperatorRevoked.as_str(),
            Self::Superseded => "superseded",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests;
