//! Why a document ends. The published reasons in their published order, and `superseded`, which is ours.

use std::fmt;
use std::str::FromStr;

use poa_verifier::agenthood::claims::AgentClaim;
use poa_verifier::agenthood::hex32::AbgHash;
pub use poa_verifier::agenthood::reasons::ZERO_BALANCE_MS;
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
        if !state.registered {
            Some(Reason::AgentDeregistered)
        } else if state.collectable || since.is_some_and(|since| ninety_days_over(since, at_ms)) {
            Some(Reason::BalanceZero90d)
        } else if (self.abg_hash, self.abg_version) != (state.abg_hash, state.abg_version) {
            Some(Reason::AbgChanged)
        } else if self.sovereign != state.sovereign {
            Some(Reason::SovereigntyFlipped)
        } else if !self.sovereign && self.controller != state.controller {
            // Of a sovereign agent nobody is the controller, whatever account is noted.
            Some(Reason::ControllerRotated)
        } else {
            None
        }
    }
}

/// Whether ninety days have passed since `since_ms`.
pub fn ninety_days_over(since_ms: u64, at_ms: u64) -> bool {
    since_ms.checked_add(ZERO_BALANCE_MS).is_some_and(|end| end <= at_ms)
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
            Self::AgentDeregistered => "agent-deregistered",
            Self::BalanceZero90d => "balance-zero-90d",
            Self::AbgChanged => "abg-changed",
            Self::SovereigntyFlipped => "sovereignty-flipped",
            Self::ControllerRotated => "controller-rotated",
            Self::OperatorRevoked => "operator-revoked",
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
