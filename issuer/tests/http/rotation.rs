//! `POST /agents/{id}/keys`: both keys, grace, and who may do what.

use axum::http::Method;
use poa_circuits::native::field;
use poa_verifier::holder_pop::Action;
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Agent, Answer, Attestor, Holder, Service};

async fn challenge(service: &Service, agent: &Agent) -> Value {
    service.agent(agent, Method::POST, &agent.path("/challenge"), &json!({})).await.json()
}

/// The member `holder` of a rotation from `old` to `new`, the pseudonym staying.
fn rotation(old: &Holder, new: &Holder, challenge: &Value) -> Value {
    let key = new.secret.public();
    let new = Holder { secret: new.secret.clone(), pseudonym: old.pseudonym.clone() };
    json!({
        "nonce": challenge["nonce"],
        "exp": challenge["exp"],
        "key": [field::encode_hex(&key.x()), field::encode_hex(&key.y())],
        "pseudonym": field::encode_hex(&old.pseudonym.commitment()),
        "signature_old": old.sign(Action::Rotate, challenge, &key),
        "signature_new": new.sign(Action::Rotate, challenge, &key),
    })
}

async fn rotate(service: &Service, agent: &Agent, holder: &Value) -> Answer {
    service.agent(agent, Method::POST, &agent.path("/keys"), &json!({ "holder": holder })).await
}

#[tokio::test]
async fn a_rotated_request_key_has_an_hour_of_grace() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let next = Attestor::random();
    let body = json!({ "ed25519_public_key": next.multikey() });
    assert_valid("key-rotation", &body);
    let answer = service.agent(&agent, Method::POST, &agent.path("/keys"), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_valid("agent", &answer.json());
    assert_eq!(answer.json()["ed25519_public_key"], next.multikey());

    let new = Agent { did: agent.did.clone(), id: agent.id.clone(), key: next.0 };
    let ask = async |who: &Agent| service.agent(who, Method::POST, &who.path("/challenge"), &json!({})).await.status;
    assert_eq!((ask(&agent).await, ask(&new).await), (201, 201));
    service.clock.advance(3601);
    assert_eq!((ask(&agent).await, ask(&new).await), (401, 201));
}

#[tokio::test]
async fn a_holder_rotates_when_both_keys_sign() {
    let service = Service::start().await;
    let (agent, old) = service.register_holder().await;
    let new = Holder::random();
    let challenge = challenge(&service, &agent).await;
    let body = rotation(&old, &new, &challenge);
    assert_valid("key-rotation", &json!({ "holder": body }));
    let answer = rotate(&service, &agent, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // The old key is in force no longer, so its signature does not count a second time.
    rotate(&service, &agent, &body).await.assert_problem(422, "bad-signature");
}

#[tokio::test]
async fn a_missing_foreign_or_reused_signature_does_not_rotate() {
    let service = Service::start().await;
    let (agent, old) = service.register_holder().await;
    let new = Holder::random();
    let challenge = challenge(&service, &agent).await;
    let good = rotation(&old, &new, &challenge);
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    let stranger = Holder { secret: Holder::random().secret, pseudonym: old.pseudonym.clone() };
    let by_stranger = stranger.sign(Action::Rotate, &challenge, &new.secret.public());
    for body in [
        with("signature_old", Value::Null),
        with("signature_old", by_stranger.clone()),
        with("signature_old", good["signature_new"].clone()),
        with("signature_new", by_stranger),
        with("signature_new", good["signature_old"].clone()),
    ] {
        rotate(&service, &agent, &body).await.assert_problem(422, "bad-signature");
    }
    assert_eq!(rotate(&service, &agent, &good).await.status, 200);
}

#[tokio::test]
async fn the_pseudonym_of_an_agent_stays_so_that_a_ban_does() {
    let service = Service::start().await;
    let (agent, old) = service.register_holder().await;
    let challenge = challenge(&service, &agent).await;
    let new = Holder::random();
    let mut body = rotation(&old, &new, &challenge);
    body["pseudonym"] = json!(field::encode_hex(&new.pseudonym.commitment()));
    let key = new.secret.public();
    let old_with_new = Holder { secret: old.secret.clone(), pseudonym: new.pseudonym.clone() };
    body["signature_old"] = old_with_new.sign(Action::Rotate, &challenge, &key);
    body["signature_new"] = new.sign(Action::Rotate, &challenge, &key);
    let answer = rotate(&service, &agent, &body).await;
    answer.assert_problem(422, "unprocessable");
    assert_eq!(answer.json()["member"], "holder.pseudonym");
}

#[tokio::test]
async fn the_operator_helps_when_the_old_key_is_lost() {
    let service = Service::start().await;
    let (agent, old) = service.register_holder().await;
    let path = agent.path("/challenge");
    let challenge = service.operator(Method::POST, &path, &json!({})).await.json();
    let mut body = rotation(&old, &Holder::random(), &challenge);
    body.as_object_mut().unwrap().remove("signature_old");
    let answer = service.operator(Method::POST, &agent.path("/keys"), &json!({ "holder": body })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn nobody_rotates_another_agent_or_nothing() {
    let service = Service::start().await;
    let (first, second) = (service.register_managed("1").await, service.register_managed("2").await);
    let body = json!({ "ed25519_public_key": Attestor::random().multikey() });
    let foreign = service.agent(&first, Method::POST, &second.path("/keys"), &body).await;
    foreign.assert_problem(403, "forbidden");
    let nothing = service.agent(&first, Method::POST, &first.path("/keys"), &json!({})).await;
    nothing.assert_problem(422, "unprocessable");
}
