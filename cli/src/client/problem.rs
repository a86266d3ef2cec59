//! A refusal by the service (RFC 9457 `problem+json`) as a [`Failure`].

use serde_json::Value;

use crate::exit::{Exit, Failure};

/// A refusal longer than this is cut: it is printed on one line.
const MAX_TEXT_CHARS: usize = 400;

/// What the service answered with `status`, as two lines for a person.
///
/// 4xx is a refusal; anything else means that nothing is known, so the exit status is 2.
pub fn failure(status: u16, url: &str, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |member: &str| problem[member].as_str().map(short);
    // The published form of Proof of Agenthood says `{error: code, detail?}` instead.
    let code = text("code").or_else(|| text("error"));
    let published = text("error").as_deref().and_then(in_words);
    let said = text("detail")
        .or_else(|| text("title"))
        .or_else(|| published.map(|(said, _)| said.to_owned()))
        .or_else(|| code.clone())
        .unwrap_or_else(|| format!("HTTP status {status}, without a reason"));
    let member = text("member").map_or(String::new(), |name| format!(" (member `{name}`)"));
    Failure {
        exit: if (400..500).contains(&status) { Exit::Refused } else { Exit::Error },
        what: format!("the service refused {url}: {said}{member}"),
        next: match (code.as_deref(), published) {
            (Some("leaf-not-in-anchor"), _) => {
                "wait for the next anchor, or give --newest-root: the crowd is then small".into()
            }
            (_, Some((_, next))) if problem["recovery"].is_null() => next.to_owned(),
            _ => next_step(&problem["recovery"], status),
        },
        code,
    }
}

/// The problem's typed recovery action in words.
fn next_step(recovery: &Value, status: u16) -> String {
    let action = recovery["action"].as_str().unwrap_or_default();
    match action {
        "retry_after" => "try again in a little while".into(),
        "fix_field" => "correct the value named above and try again".into(),
        "authenticate" => {
            "act as the operator (--token-file) or as the agent (--data-dir, or --key with --agent)".into()
        }
        "refresh_root" => "fetch a newer root and make the proof again".into(),
        "request_challenge" => "ask for a fresh challenge and answer that one".into(),
        "contact_issuer" => "ask whoever operates the service".into(),
        _ if status >= 500 => "try again; if it stays so, ask whoever operates the service".into(),
        _ => "change the request as the reason says".into(),
    }
}

/// A code of the published form of Proof of Agenthood: what it means, and what to do next.
fn in_words(code: &str) -> Option<(&'static str, &'static str)> {
    const ADDRESS: &str = "give the agent's SS58 address";
    const SIGN: &str = "sign exactly the message shown, with the wallet of the controller";
    const AGAIN: &str = "run the command without --nonce and --signature, which shows a new message to sign";
    const LATER: &str = "try again in a little while";
    Some(match code {
        "agentId-required" => ("no agent is named", ADDRESS),
        "agentId-invalid-format" => ("the agent's address is malformed", ADDRESS),
        "agent-not-registered" => ("no agent of this address is registered at the chain", "check the address"),
        "agent-balance-zero" => ("the agent has no balance at the chain", "fund the agent, then claim again"),
        "controller-missing-on-chain" => ("the agent has no controller at the chain", "set one at the chain first"),
        "controller-signature-required" => ("the controller's signature is missing", SIGN),
        "invalid-controller-signature" | "signature-invalid" => {
            ("the signature is not the controller's over this message", SIGN)
        }
        "controllerSig-malformed" | "signature-malformed" => ("the signature is not hex of a wallet's signature", SIGN),
        "nonce-required" => ("the nonce is missing", AGAIN),
        "challenge-expired-or-unknown" => ("the nonce was used, has expired or was never given out", AGAIN),
        "challenge-agent-mismatch" => ("the nonce was given out for another agent", AGAIN),
        "snapshot-changed" => ("the agent changed at the chain meanwhile", AGAIN),
        "no-active-credential" => ("the agent has no document that could be revoked", "see it with poa agenthood show"),
        "already-revoked" => ("the agent's document is revoked already", "claim a new one: poa agenthood claim"),
        "sovereign-agent-cannot-revoke" => {
            ("the agent controls itself, and such an agent revokes at the chain", "ask whoever operates the service")
        }
        "not-found" => ("the service has nothing of this name", "check the id or address"),
        "rate-limited" => ("too many calls of this client", LATER),
        "service-busy" => ("the service is busy", LATER),
        "chain-unreachable" => ("the service cannot read the chain now", LATER),
        "store-unreachable" => ("the service cannot read its database now", LATER),
        _ => return None,
    })
}

/// Text from outside of bounded length. It is printed on one line, without what could steer a terminal.
fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_one_line_of_what_and_one_of_next() {
        let body = br#"{"title":"t","detail":"too low","code":"off-grid","member":"predicates",
            "recovery":{"action":"fix_field"}}"#;
        let failure = failure(422, "http://h/x", body);
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(failure.what, "the service refused http://h/x: too low (member `predicates`)");
        assert_eq!(failure.next, "correct the value named above and try again");
        assert_eq!(failure.code.as_deref(), Some("off-grid"));
    }

    #[test]
    fn a_leaf_that_is_newer_than_the_anchor_is_told_the_commands_own_option() {
        let body = br#"{"detail":"d","code":"leaf-not-in-anchor","recovery":{"action":"retry_after","seconds":9}}"#;
        assert!(failure(409, "http://h/x", body).next.contains("--newest-root"));
    }

    #[test]
    fn a_code_of_the_published_form_is_said_in_words() {
        let refused = failure(404, "http://h/x", br#"{"error":"agent-not-registered"}"#);
        assert!(refused.what.contains("no agent of this address is registered"), "{}", refused.what);
        assert_eq!(
            (refused.next.as_str(), refused.code.as_deref()),
            ("check the address", Some("agent-not-registered"))
        );
        let detailed = failure(503, "http://h/x", br#"{"error":"chain-unreachable","detail":"no answer"}"#);
        assert!(detailed.what.ends_with("no answer") && detailed.next.contains("a little while"), "{}", detailed.what);
        assert!(failure(400, "http://h/x", br#"{"error":"another"}"#).what.ends_with("another"));
        // Every code that a service of ours answers with.
        let page = include_str!("../../../docs/agenthood-service.md");
        for code in ["agent-balance-zero", "no-active-credential", "snapshot-changed", "already-revoked"] {
            assert!(page.contains(code) && in_words(code).is_some(), "{code}");
        }
    }

    #[test]
    fn a_server_error_without_a_problem_is_not_a_refusal() {
        let failure = failure(502, "http://h/x", b"<html>");
        assert_eq!(failure.exit, Exit::Error);
        assert!(failure.what.contains("HTTP status 502"));
    }
}
