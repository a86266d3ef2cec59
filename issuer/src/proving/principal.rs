//! Who a piece of work is done for. Shares and turns are counted by principal and by party.

use super::fair::Standing;
use crate::client::{Client, Network};
use crate::domain::{AgentUuid, VerifierId};

/// Who asks for work, as lanes and places count it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Principal {
    /// The operator, and what the service does on its own. It has places of its own and never takes those of others.
    Operator,
    /// An agent that signed its request, over any number of connections.
    Agent(AgentUuid),
    /// A registered verifier that showed its token.
    Verifier(VerifierId),
    /// An anonymous caller, by its address.
    Client(Client),
}

/// Those who take turns: everybody who showed who it is, and the networks of all others.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Party {
    Operator,
    Agent(AgentUuid),
    Verifier(VerifierId),
    Network(Network),
}

impl Principal {
    pub(super) fn party(self) -> Party {
        match self {
            Self::Operator => Party::Operator,
            Self::Agent(agent) => Party::Agent(agent),
            Self::Verifier(verifier) => Party::Verifier(verifier),
            Self::Client(client) => Party::Network(client.network()),
        }
    }
}

impl Party {
    pub(super) fn standing(self) -> Standing {
        match self {
            Self::Operator => Standing::Operator,
            Self::Agent(_) | Self::Verifier(_) => Standing::Known,
            Self::Network(_) => Standing::Anonymous,
        }
    }
}
