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
    let said = text("detail")
        .or_else(|| text("title"))
        .or_else(|| code.clone())
        .unwrap_or_else(|| format!("HTTP status {status}, without a reason"));
    let member = text("member").map_or(String::new(), |name| format!(" (member `{name}`)"));
    Failure {
        exit: if (400..500).contains(&status) { Exit::Refused } else { Exit::Error },
        what: format!("the service refused {url}: {said}{member}"),
        next: match code.as_deref() {
            Some("leaf-not-in-anchor") => {
                "wait for the next anchor, or give --newest-root: the crowd is then small".into()
            }
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
    fn a_server_error_without_a_problem_is_not_a_refusal() {
        let failure = failure(502, "http://h/x", b"<html>");
        assert_eq!(failure.exit, Exit::Error);
        assert!(failure.what.contains("HTTP status 502"));
    }
}
