//! `/agents`: registration in both custodies, listing, lookup, standing.

use axum::http::Method;
use poa_verifier::holder_pop::Action;
use serde_json::{Value, json};

use crate::envelope::assert_valid;
use crate::service::{Attestor, Holder, Service};

#[tokio::test]
async fn a_managed_agent_is_registered_and_found() {
    let service = Service::start().await;
    let agent = service.register_managed("first").await;
    let answer = service.get(&agent.path("")).await;
    assert_eq!(answer.status, 200);
    let view = answer.json();
    assert_valid("agent", &view);
    assert_eq!((&view["name"], &view["custody"]), (&json!("first"), &json!("issuer")));
    assert_eq!(view["status"], "active");
    assert_eq!(view.get("leaf"), None, "not attested yet");
}

#[tokio::test]
async fn registering_answers_where_the_agent_is() {
    let service = Service::start().await;
    let body = json!({
        "name": "x", "custody": "issuer",
        "ed25519_public_key": crate::service::Attestor::random().multikey(),
        "source": "https://example.org/agent", "manifest": { "model": "m" },
    });
    assert_valid("agent-registration", &body);
    let answer = service.operator(Method::POST, "/agents", &body).await;
    assert_eq!(answer.status, 201);
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("{}/agents/{}", crate::service::URL, answer.json()["id"].as_str().unwrap()));
    assert_eq!(answer.json()["manifest"], json!({ "model": "m" }));
}

#[tokio::test]
async fn a_self_custody_agent_proves_possession_once() {
    let service = Service::start().await;
    let challenge = service.operator(Method::POST, "/agents/challenge", &json!({})).await;
    assert_eq!(challenge.status, 201);
    let challenge = challenge.json();
    assert_valid("challenge", &challenge);
    let holder = Holder::random();
    let body = |key: String| {
        json!({
            "name": "h", "custody": "holder", "ed25519_public_key": key,
            "holder": holder.registration(&challenge),
        })
    };
    let key = || crate::service::Attestor::random().multikey();
    assert_valid("agent-registration", &body(key()));
    let first = service.operator(Method::POST, "/agents", &body(key())).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.json()["agent"], challenge["agent"]);
    let again = service.operator(Method::POST, "/agents", &body(key())).await;
    again.assert_problem(409, "stale-challenge");
    assert_eq!(again.json()["recovery"]["action"], "request_challenge");
}

#[tokio::test]
async fn a_challenge_is_over_after_five_minutes() {
    let service = Service::start().await;
    let challenge = service.operator(Method::POST, "/agents/challenge", &Value::Null).await.json();
    service.clock.advance(301);
    let body = json!({
        "name": "h", "custody": "holder",
        "ed25519_public_key": crate::service::Attestor::random().multikey(),
        "holder": Holder::random().registration(&challenge),
    });
    service.operator(Method::POST, "/agents", &body).await.assert_problem(409, "stale-challenge");
}

#[tokio::test]
async fn a_forged_or_foreign_holder_signature_is_refused_and_changes_nothing() {
    let service = Service::start().await;
    let challenge = service.operator(Method::POST, "/agents/challenge", &json!({})).await.json();
    let holder = Holder::random();
    let before = service.snapshot().await;
    let with = |holder: Value| {
        json!({
            "name": "h", "custody": "holder",
            "ed25519_public_key": crate::service::Attestor::random().multikey(),
            "holder": holder,
        })
    };
    let good = holder.registration(&challenge);
    let mut other_key = good.clone();
    other_key["key"] = crate::service::Holder::random().registration(&challenge)["key"].clone();
    let mut other_pseudonym = good.clone();
    other_pseudonym["pseudonym"] = Holder::random().registration(&challenge)["pseudonym"].clone();
    let mut for_rotation = good.clone();
    for_rotation["signature"] = holder.sign(Action::Rotate, &challenge, &holder.secret.public());
    for altered in [other_key, other_pseudonym, for_rotation] {
        let answer = service.operator(Method::POST, "/agents", &with(altered)).await;
        answer.assert_problem(422, "bad-signature");
    }
    before.assert_unchanged(&service.snapshot().await);
    assert_eq!(service.operator(Method::POST, "/agents", &with(good)).await.status, 201);
}

#[tokio::test]
async fn one_holder_key_and_one_pseudonym_serve_one_agent() {
    let service = Service::start().await;
    let (_, holder) = service.register_holder().await;
    let register = async |holder: &Holder| {
        let challenge = service.operator(Method::POST, "/agents/challenge", &json!({})).await.json();
        let body = json!({
            "name": "second", "custody": "holder",
            "ed25519_public_key": crate::service::Attestor::random().multikey(),
            "holder": holder.registration(&challenge),
        });
        service.operator(Method::POST, "/agents", &body).await
    };
    register(&holder).await.assert_problem(409, "conflict");
    let fresh = Holder::random();
    let same_pseudonym = Holder { secret: fresh.secret, pseudonym: holder.pseudonym };
    let answer = register(&same_pseudonym).await;
    answer.assert_problem(409, "conflict");
    assert_eq!(answer.json()["member"], "holder.pseudonym");
}

#[tokio::test]
async fn registration_needs_the_operator() {
    let service = Service::start().await;
    let agent = service.register_managed("a").await;
    let body = json!({ "name": "x", "custody": "issuer", "ed25519_public_key": "z6Mk" });
    let answer = service.post("/agents", &body).await;
    answer.assert_problem(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(answer.json()["recovery"]["action"], "authenticate");
    service.agent(&agent, Method::POST, "/agents", &body).await.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn the_listing_pages_through_every_agent_once() {
    let service = Service::start().await;
    let mut ids = Vec::new();
    for index in 0..5 {
        ids.push(service.register_managed(&format!("agent {index}")).await.id);
    }
    ids.sort();
    let (mut seen, mut path) = (Vec::new(), "/agents?limit=2".to_owned());
    loop {
        let page = service.get(&path).await.json();
        assert_valid("agent-list", &page);
        seen.extend(page["agents"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/agents?limit=2&cursor={next}");
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn the_public_view_carries_no_attribute_and_no_commitment() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let view = service.get(&agent.path("")).await.json();
    assert_valid("agent", &view);
    let text = view.to_string();
    for word in ["reputation", "tasks", "earnings", "pseudonym", "identity", "salt"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

#[tokio::test]
async fn only_the_operator_and_the_agent_itself_learn_where_a_leaf_is() {
    let service = Service::start().await;
    let (agent, other) = (service.attested_agent().await, service.attested_agent().await);
    let (path, body) = (agent.path(""), Value::Null);
    let strangers = [
        service.get(&path).await.json(),
        service.agent(&other, Method::GET, &path, &body).await.json(),
        service.get("/agents").await.json(),
        service.get(&format!("/did/{}", agent.did)).await.json(),
        service.get(&format!("/1.0/identifiers/{}", agent.did)).await.json(),
    ];
    for answer in strangers {
        let text = answer.to_string();
        assert!(text.contains(&agent.did), "about the agent: {text}");
        // When it was attested follows from when its leaf expires.
        for word in ["leaf", "index", "seq", "attested", "expires"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let listed = service.operator(Method::GET, "/agents", &body).await.json();
    assert_valid("agent-list", &listed);
    assert!(listed["agents"].as_array().unwrap().iter().all(|agent| agent["leaf"]["log"] == "main"));
    let seen_by_operator = service.operator(Method::GET, &path, &body).await.json();
    let seen_by_itself = service.agent(&agent, Method::GET, &path, &body).await.json();
    assert_valid("agent", &seen_by_itself);
    assert_eq!(seen_by_itself["leaf"]["index"], json!(0));
    assert_eq!(seen_by_itself, seen_by_operator);
    let listed = service.agent(&agent, Method::GET, "/agents", &body).await.json();
    let with_leaf = |view: &&Value| view.get("leaf").is_some();
    let own: Vec<_> = listed["agents"].as_array().unwrap().iter().filter(with_leaf).collect();
    assert_eq!(own, [&seen_by_itself], "an agent sees its own leaf alone");
}

#[tokio::test]
async fn suspending_resuming_and_revoking_answer_the_new_standing() {
    let service = Service::start().await;
    let agent = service.attested_agent().await;
    let act = async |act: &str, body: Value| service.operator(Method::POST, &agent.path(act), &body).await;
    for (path, standing) in [("/suspend", "suspended"), ("/resume", "active")] {
        let answer = act(path, Value::Null).await;
        assert_valid("agent-standing", &answer.json());
        assert_eq!((answer.status, &answer.json()["status"]), (200, &json!(standing)));
    }
    assert_eq!(act("/revoke", json!({})).await.json()["status"], "revoked");
    act("/resume", Value::Null).await.assert_problem(409, "conflict");
    act("/suspend", Value::Null).await.assert_problem(409, "conflict");
}

#[tokio::test]
async fn a_holder_revokes_itself_by_signature_alone() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    let challenge = service.agent(&agent, Method::POST, &agent.path("/challenge"), &json!({})).await.json();
    let revoke = |holder: &Holder| {
        json!({ "holder": {
            "nonce": challenge["nonce"], "exp": challenge["exp"],
            "signature": holder.sign(Action::Revoke, &challenge, &holder.secret.public()),
        }})
    };
    let path = agent.path("/revoke");
    service.post(&path, &revoke(&Holder::random())).await.assert_problem(422, "bad-signature");
    let body = revoke(&holder);
    assert_valid("agent-revocation", &body);
    let answer = service.post(&path, &body).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("revoked")));
}

#[tokio::test]
async fn nobody_revokes_without_a_signature() {
    let service = Service::start().await;
    let (agent, _) = service.register_holder().await;
    let path = agent.path("/revoke");
    service.post(&path, &json!({})).await.assert_problem(401, "unauthenticated");
    let other = service.register_managed("other").await;
    service.agent(&other, Method::POST, &path, &json!({})).await.assert_problem(403, "forbidden");
    assert_eq!(service.get(&agent.path("")).await.json()["status"], "active");
}

#[tokio::test]
async fn an_agents_challenge_is_for_anybody_who_asks_so_often() {
    let service = Service::start().await;
    let (first, second) = (service.register_managed("1").await, service.register_managed("2").await);
    let own = service.agent(&first, Method::POST, &first.path("/challenge"), &json!({})).await;
    assert_eq!((own.status, &own.json()["agent"]), (201, &json!(first.did)));
    let other = service.agent(&first, Method::POST, &second.path("/challenge"), &json!({})).await;
    assert_eq!((other.status, &other.json()["agent"]), (201, &json!(second.did)));
    let before = service.snapshot().await;
    for _ in 1..20 {
        assert_eq!(service.post(&second.path("/challenge"), &json!({})).await.status, 201);
    }
    assert_eq!(before.changes(&service.snapshot().await, &[]), Vec::<String>::new(), "it costs no row");
    service.post(&first.path("/challenge"), &json!({})).await.assert_problem(429, "too-many-requests");
    let own = service.agent(&first, Method::POST, &first.path("/challenge"), &json!({})).await;
    assert_eq!(own.status, 201, "strangers at the same address take nothing from the agent itself");
    let unknown = "/agents/67e55044-10b1-426f-9247-bb680e5fe0c8/challenge";
    service.clock.advance(60);
    service.post(unknown, &json!({})).await.assert_problem(404, "not-found");
}

#[tokio::test]
async fn the_owner_revokes_although_a_thief_has_replaced_the_request_key() {
    let service = Service::start().await;
    let (agent, holder) = service.register_holder().await;
    let theft = json!({ "ed25519_public_key": Attestor::random().multikey(), "grace": false });
    assert_eq!(service.agent(&agent, Method::POST, &agent.path("/keys"), &theft).await.status, 200);
    let signed = service.agent(&agent, Method::POST, &agent.path("/challenge"), &json!({})).await;
    signed.assert_problem(401, "unauthenticated");
    let challenge = service.post(&agent.path("/challenge"), &json!({})).await.json();
    let body = json!({
        "holder": {
            "nonce": challenge["nonce"], "exp": challenge["exp"],
            "signature": holder.sign(Action::Revoke, &challenge, &holder.secret.public()),
        }
    });
    let revoked = service.post(&agent.path("/revoke"), &body).await;
    assert_eq!((revoked.status, &revoked.json()["status"]), (200, &json!("revoked")), "{revoked:?}");
}

#[tokio::test]
async fn a_list_does_not_decompress_the_holder_keys_of_its_rows() {
    let service = Service::start().await;
    let (agent, _) = service.register_holder().await;
    // Bytes that are no point: who needs the point finds out, a list does not.
    let spoil = sqlx::query("UPDATE agents SET holder_key = $1").bind(vec![0xff_u8; 32]);
    spoil.execute(service.app.domain().store().writer_pool()).await.unwrap();
    let list = service.get("/agents?limit=200").await;
    assert_eq!((list.status, &list.json()["agents"][0]["agent"]), (200, &json!(agent.did)));
    assert_eq!(service.get(&agent.path("")).await.status, 200);
}
