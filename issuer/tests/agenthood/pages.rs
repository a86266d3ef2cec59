//! The page of an agent, which `pageUrl` of every issue answer leads to.

use crate::rig::{Rig, Wallet};

#[tokio::test]
async fn the_page_url_of_an_answer_leads_to_a_page_that_follows_the_document() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    let challenge = rig.challenge(&agent).await;
    let issued = rig.issue(&agent, &controller, &challenge).await.ok();
    let url = issued["pageUrl"].as_str().unwrap();
    let path = format!("/poa/{}", agent.text());
    assert!(url.ends_with(&path));

    let page = rig.get(&path).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let html = String::from_utf8(page.bytes).unwrap();
    for text in [">Authentic<", &agent.text(), &controller.text(), issued["jti"].as_str().unwrap()] {
        assert!(html.contains(text), "{text}: {html}");
    }

    rig.revoke(&agent, &controller).await.ok();
    let html = String::from_utf8(rig.get(&path).await.bytes).unwrap();
    assert!(html.contains(">Revoked<") && html.contains("operator-revoked"), "before the list says so: {html}");
    assert!(!html.contains(">Authentic<"));
}

#[tokio::test]
async fn the_page_shows_what_the_chain_says_by_now() {
    let (rig, agent, controller) = (Rig::start().await, Wallet::new(1), Wallet::new(2));
    rig.register(&agent, Some(&controller)).await;
    rig.claim(&agent, &controller).await;
    let new = serde_json::json!({ "controller": Wallet::new(9).text() });
    rig.change(&agent, "controller", &new).await;
    let html = String::from_utf8(rig.get(&format!("/poa/{}", agent.text())).await.bytes).unwrap();
    assert!(html.contains(">Revoked<") && html.contains("controller-rotated"), "{html}");
}

#[tokio::test]
async fn what_has_no_document_has_no_page() {
    let (rig, agent) = (Rig::start().await, Wallet::new(1));
    for id in [agent.text().as_str(), "x", "%00", "..%2f.."] {
        let answer = rig.get(&format!("/poa/{id}")).await;
        assert_eq!(answer.status, 404, "{id}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{id}");
    }
}
