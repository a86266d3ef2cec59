//! Presentations of agents in the service's custody.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Agent, Answer, Service};

/// Who asks.
pub const VERIFIER: &str = "https://verifier.example";
/// What the verifier has answered.
pub const CHALLENGE: &str = "c29tZSByYW5kb20gY2hhbGxlbmdlISE";

/// The body of `POST /presentations` for at least 100 tasks, with more or other members.
pub fn presenting(more: Value) -> Value {
    let Value::Object(more) = more else { panic!("members") };
    let mut body = json!({
        "schema": "task_completion/1",
        "predicates": { "tasks_completed": { "atLeast": "100" } },
        "challenge": CHALLENGE,
        "domain": VERIFIER,
    });
    body.as_object_mut().unwrap().extend(more);
    body
}

impl Service {
    /// Has an agent present.
    pub async fn present(&self, agent: &Agent, more: Value) -> Answer {
        self.agent(agent, Method::POST, "/presentations", &presenting(more)).await
    }

    /// The presentation of an agent that has it.
    pub async fn presentation(&self, agent: &Agent) -> Value {
        let answer = self.present(agent, json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}
