//! A service with something of everything in it, and a good request of every kind to spoil.

use axum::body::Body;
use axum::http::{Method, Request};
use poa_verifier::holder_pop::Action;
use serde_json::{Value, json};

use crate::service::{Agent, Attestor, Holder, Service};

pub use crate::service::{CHALLENGE, VERIFIER as DOMAIN};

/// Who sends a request.
#[derive(Clone, Copy)]
pub enum Sender {
    Operator,
    Managed,
    Holder,
    Nobody,
}

/// A request that would be accepted as it is.
pub struct Good {
    pub name: &'static str,
    pub sender: Sender,
    pub method: Method,
    pub path: String,
    pub body: Value,
    /// Members that may be left out, as JSON pointers.
    pub optional: &'static [&'static str],
}

pub struct World {
    pub service: Service,
    pub managed: Agent,
    pub holder_agent: Agent,
    pub attestor: Attestor,
    pub credential: Value,
    pub presentation: Value,
    pub good: Vec<Good>,
}

impl World {
    pub async fn build() -> Self {
        // Thousands of documents in no time, by the service's clock.
        let service = Service::start_with(|config| config.verifying.per_minute = 1_000_000).await;
        let managed = service.attested_agent().await;
        let (holder_agent, holder) = service.register_holder().await;
        service.attest(&holder_agent.did).await;
        let attestor = service.register_attestor().await;
        let tasks = json!({ "tasks_completed": { "atLeast": "100" } });
        let credential = service.issue(&managed, "task_completion/1", tasks.clone()).await.json();
        let present = json!({
            "schema": "task_completion/1", "predicates": tasks, "audience": DOMAIN,
            "challenge": CHALLENGE, "domain": DOMAIN, "show_subject": false,
        });
        let presentation = service.agent(&managed, Method::POST, "/presentations", &present).await.json();
        let issue = json!({ "agent": holder_agent.did, "schema": "task_completion/1", "predicates": tasks });
        let pending = service.agent(&holder_agent, Method::POST, "/zk-credentials", &issue).await.json();
        let proof = holder.prove(&service, &holder_agent, &pending, &tasks).await;

        let mut good = vec![
            Good {
                name: "present",
                sender: Sender::Managed,
                method: Method::POST,
                path: "/presentations".to_owned(),
                body: present,
                optional: &[
                    "/predicates",
                    "/predicates/tasks_completed",
                    "/predicates/tasks_completed/atLeast",
                    "/audience",
                    "/show_subject",
                ],
            },
            Good {
                name: "issue",
                sender: Sender::Operator,
                method: Method::POST,
                path: "/zk-credentials".to_owned(),
                body: issue,
                optional: &["/predicates", "/predicates/tasks_completed", "/predicates/tasks_completed/atLeast"],
            },
            Good {
                name: "complete",
                sender: Sender::Holder,
                method: Method::POST,
                path: format!("/zk-credentials/{}/proof", pending["id"].as_str().unwrap()),
                body: json!({ "proof": proof }),
                optional: &[],
            },
            Good {
                name: "attestor",
                sender: Sender::Operator,
                method: Method::POST,
                path: "/attestors".to_owned(),
                optional: &[],
                body: json!({ "name": "x", "ed25519_public_key": Attestor::random().multikey() }),
            },
            Good {
                name: "receipts",
                sender: Sender::Nobody,
                method: Method::POST,
                path: "/attestations".to_owned(),
                optional: &[],
                body: json!({ "attestations": [attestor.receipt(&managed.did, service.now(), json!({}))] }),
            },
            Good {
                name: "schema",
                sender: Sender::Operator,
                method: Method::POST,
                path: "/schemas".to_owned(),
                optional: &["/predicates/tasks_completed", "/nonzero/0"],
                body: json!({
                    "name": "extra", "version": 1, "title": "t", "description": "d",
                    "disclose": ["reputation"], "predicates": { "tasks_completed": ["atLeast"] },
                    "nonzero": ["reputation"], "valid_for_s": 86400,
                }),
            },
        ];
        good.extend(key_requests(&service, &managed, &holder_agent, &holder).await);
        Self { service, managed, holder_agent, attestor, credential, presentation, good }
    }

    /// The request of `good` with another body.
    pub fn request(&self, good: &Good, body: &Value) -> Request<Body> {
        self.request_as(good.sender, good.method.clone(), &good.path, body)
    }

    pub fn request_as(&self, sender: Sender, method: Method, path: &str, body: &Value) -> Request<Body> {
        let signed = |agent: &Agent| self.service.signed(&agent.key, &agent.did, method.clone(), path, body);
        let token = format!("Bearer {}", self.service.operator_token);
        let plain = || Request::builder().method(method.clone()).uri(path).header("content-type", "application/json");
        match sender {
            Sender::Managed => signed(&self.managed),
            Sender::Holder => signed(&self.holder_agent),
            Sender::Operator => plain().header("authorization", token).body(Body::from(body.to_string())).unwrap(),
            Sender::Nobody => plain().body(Body::from(body.to_string())).unwrap(),
        }
    }
}

/// Registration, rotation and revocation, each with a good holder signature over a fresh challenge.
async fn key_requests(service: &Service, managed: &Agent, holder_agent: &Agent, holder: &Holder) -> Vec<Good> {
    let new_agent = service.operator(Method::POST, "/agents/challenge", &json!({})).await.json();
    let path = holder_agent.path("/challenge");
    let first = service.operator(Method::POST, &path, &json!({})).await.json();
    let second = service.operator(Method::POST, &path, &json!({})).await.json();
    let newcomer = Holder::random();
    let next = Holder { secret: Holder::random().secret, pseudonym: holder.pseudonym.clone() };
    let key = next.secret.public();
    let as_json = |holder: &Holder| holder.registration(&new_agent)["key"].clone();
    vec![
        Good {
            name: "register managed",
            sender: Sender::Operator,
            method: Method::POST,
            path: "/agents".to_owned(),
            optional: &["/source", "/build_sha256"],
            body: json!({
                "name": "x", "custody": "issuer", "ed25519_public_key": Attestor::random().multikey(),
                "source": "https://example.org/x", "build_sha256": "cd".repeat(32),
            }),
        },
        Good {
            name: "register holder",
            sender: Sender::Operator,
            method: Method::POST,
            path: "/agents".to_owned(),
            optional: &[],
            body: json!({
                "name": "x", "custody": "holder", "ed25519_public_key": Attestor::random().multikey(),
                "holder": newcomer.registration(&new_agent),
            }),
        },
        Good {
            name: "rotate request key",
            sender: Sender::Operator,
            method: Method::POST,
            path: managed.path("/keys"),
            optional: &[],
            body: json!({ "ed25519_public_key": Attestor::random().multikey() }),
        },
        Good {
            name: "rotate holder key",
            sender: Sender::Holder,
            method: Method::POST,
            path: holder_agent.path("/keys"),
            optional: &[],
            body: json!({ "holder": {
                "nonce": first["nonce"], "exp": first["exp"], "key": as_json(&next),
                "pseudonym": holder.registration(&new_agent)["pseudonym"],
                "signature_old": holder.sign(Action::Rotate, &first, &key),
                "signature_new": next.sign(Action::Rotate, &first, &key),
            }}),
        },
        Good {
            name: "revoke",
            sender: Sender::Nobody,
            method: Method::POST,
            path: holder_agent.path("/revoke"),
            optional: &[],
            body: json!({ "holder": {
                "nonce": second["nonce"], "exp": second["exp"],
                "signature": holder.sign(Action::Revoke, &second, &holder.secret.public()),
            }}),
        },
    ]
}
