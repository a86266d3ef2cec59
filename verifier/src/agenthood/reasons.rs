//! Why a document is revoked: the published, closed set, and the rules that a chain's state decides.

use serde::{Deserialize, Serialize};

use super::claims::AgentClaim;

/// How long a balance may be zero, milliseconds (ninety days).
pub const ZERO_BALANCE_MS: u64 = 90 * 86_400_000;

/// Why a document is revoked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// The chain knows the agent no more.
    AgentDeregistered,
    /// Its balance has been zero for ninety days, or the chain would collect it.
    #[serde(rename = "balance-zero-90d")]
    BalanceZero,
    /// It has another behaviour graph.
    AbgChanged,
    /// It became sovereign, or is no longer.
    SovereigntyFlipped,
    /// Somebody else controls it.
    ControllerRotated,
    /// The operator or the controller revoked it.
    OperatorRevoked,
}

impl RevocationReason {
    /// The reasons that a chain decides, in the published order.
    const OF_A_CHAIN: [Self; 5] = [
        Self::AgentDeregistered,
        Self::BalanceZero,
        Self::AbgChanged,
        Self::SovereigntyFlipped,
        Self::ControllerRotated,
    ];

    /// The first reason, in the published order, that `holds`. It is not asked about [`Self::OperatorRevoked`], which no
    /// chain knows.
    pub fn first_of_a_chain(holds: impl Fn(Self) -> bool) -> Option<Self> {
        Self::OF_A_CHAIN.into_iter().find(|reason| holds(*reason))
    }

    /// The text in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentDeregistered => "agent-deregistered",
            Self::BalanceZero => "balance-zero-90d",
            Self::AbgChanged => "abg-changed",
            Self::SovereigntyFlipped => "sovereignty-flipped",
            Self::ControllerRotated => "controller-rotated",
            Self::OperatorRevoked => "operator-revoked",
        }
    }
}

/// Whether a balance that is zero since a time has been so for ninety days.
pub fn ninety_days_over(since_unix_ms: u64, now_unix_ms: u64) -> bool {
    since_unix_ms.checked_add(ZERO_BALANCE_MS).is_some_and(|end| end <= now_unix_ms)
}

/// An agent as a chain has it at one finalised block.
#[derive(Clone, Copy, Debug)]
pub enum AgentNow<'a> {
    /// It is not registered.
    Gone,
    /// It is.
    Registered {
        /// As a document issued now would say.
        agent: &'a AgentClaim,
        /// The chain reports that it may be collected for want of funds.
        collectable: bool,
    },
}

/// What a document claims that a chain's state can contradict.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claimed<'a> {
    /// `agent.abgHash`.
    pub abg_hash: &'a str,
    /// `agent.abgVersion`.
    pub abg_version: u64,
    /// `agent.sovereign`.
    pub sovereign: bool,
    /// `agent.controller`, as text.
    pub controller: Option<&'a str>,
}

/// The first published reason, in their order, for which the state of a chain revokes a document; `None` while it
/// stands. A sovereign agent's controller does not count: its own account signs.
pub fn judge(claimed: &Claimed<'_>, now: &AgentNow<'_>, block_time_unix_ms: u64) -> Option<RevocationReason> {
    RevocationReason::first_of_a_chain(|reason| match now {
        AgentNow::Gone => reason == RevocationReason::AgentDeregistered,
        AgentNow::Registered { agent, collectable } => match reason {
            RevocationReason::AgentDeregistered | RevocationReason::OperatorRevoked => false,
            RevocationReason::BalanceZero => {
                let since = agent.zero_balance_since.map(|since| since.unix_ms());
                *collectable || since.is_some_and(|since| ninety_days_over(since, block_time_unix_ms))
            }
            RevocationReason::AbgChanged => {
                agent.abg_hash != claimed.abg_hash || agent.abg_version != claimed.abg_version
            }
            RevocationReason::SovereigntyFlipped => agent.sovereign != claimed.sovereign,
            RevocationReason::ControllerRotated => {
                let controller = agent.controller.map(|address| address.to_string());
                !agent.sovereign && controller.as_deref() != claimed.controller
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::claims::tests::agent;
    use super::super::instant::Instant;
    use super::*;

    const NOW_MS: u64 = 1_770_000_000_000;

    #[test]
    fn the_first_reason_in_the_published_order_counts() {
        let then: AgentClaim = serde_json::from_value(agent()).unwrap();
        let controller = then.controller.map(|c| c.to_string());
        let claimed = Claimed {
            abg_hash: &then.abg_hash,
            abg_version: then.abg_version,
            sovereign: then.sovereign,
            controller: controller.as_deref(),
        };
        let judge =
            |agent: &AgentClaim, collectable| judge(&claimed, &AgentNow::Registered { agent, collectable }, NOW_MS);
        let mut now = then.clone();
        assert_eq!(judge(&now, false), None);
        now.name = "renamed".to_owned();
        now.funding.seus_balance = Default::default();
        now.zero_balance_since = Some(Instant::from_unix_ms(NOW_MS - ZERO_BALANCE_MS + 1).unwrap());
        assert_eq!(judge(&now, false), None, "a name says nothing, and ninety days are not over");
        now.controller = Some(now.agent_id);
        assert_eq!(judge(&now, false), Some(RevocationReason::ControllerRotated));
        now.sovereign = true;
        assert_eq!(judge(&now, false), Some(RevocationReason::SovereigntyFlipped));
        now.abg_version += 1;
        assert_eq!(judge(&now, false), Some(RevocationReason::AbgChanged));
        assert_eq!(judge(&now, true), Some(RevocationReason::BalanceZero));
        now.zero_balance_since = Some(Instant::from_unix_ms(NOW_MS - ZERO_BALANCE_MS).unwrap());
        assert_eq!(judge(&now, false), Some(RevocationReason::BalanceZero));
        assert_eq!(super::judge(&claimed, &AgentNow::Gone, NOW_MS), Some(RevocationReason::AgentDeregistered));
    }

    #[test]
    fn a_sovereign_agents_controller_may_change() {
        let mut then: AgentClaim = serde_json::from_value(agent()).unwrap();
        then.sovereign = true;
        let claimed =
            Claimed { abg_hash: &then.abg_hash, abg_version: then.abg_version, sovereign: true, controller: None };
        let now = AgentNow::Registered { agent: &then, collectable: false };
        assert_eq!(super::judge(&claimed, &now, NOW_MS), None);
    }

    #[test]
    fn the_texts_are_the_published_ones() {
        use RevocationReason::*;
        for reason in
            [AgentDeregistered, BalanceZero, AbgChanged, SovereigntyFlipped, ControllerRotated, OperatorRevoked]
        {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
