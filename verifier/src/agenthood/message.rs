//! The text that a wallet signs: `poa:<agentId>:<nonce>` to have a document issued, `poa-revoke:<agentId>:<nonce>` to
//! have one revoked. ASCII, no line break.

use serde::{Deserialize, Serialize};

/// What a signature asks for. The two messages differ, so that one never serves for the other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Issue a document.
    Issue,
    /// Revoke the current one.
    Revoke,
}

impl Action {
    /// The text in details and challenges.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Revoke => "revoke",
        }
    }

    /// The message for an agent's address and a nonce as written.
    pub fn message(self, agent: &str, nonce: &str) -> String {
        let purpose = match self {
            Self::Issue => "poa",
            Self::Revoke => "poa-revoke",
        };
        format!("{purpose}:{agent}:{nonce}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_are_the_published_ones() {
        assert_eq!(Action::Issue.message("5Grw", "00ff"), "poa:5Grw:00ff");
        assert_eq!(Action::Revoke.message("5Grw", "00ff"), "poa-revoke:5Grw:00ff");
        for action in [Action::Issue, Action::Revoke] {
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
    }
}
