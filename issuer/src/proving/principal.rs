//! Who a piece of work is done for. Shares and turns are counted by principal.

use crate::client::Client;
use crate::domain::AgentUuid;

/// A party that asks for work, as lanes and places count it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Principal {
    /// The operator, and what the service does on its own. It has places of its own and never takes those of others.
    Operator,
    /// An agent that signed its request, over any number of connections.
    Agent(AgentUuid),
    /// An anonymous caller, by its address.
    Client(Client),
}
