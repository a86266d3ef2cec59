//! `/` and `/credentials/{id}`: the pages people see.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, Response};
use maud::Markup;
use poa_circuits::native::field;
use poa_verifier::time;

use super::api::{Answer, Routes, Shape, get, parameters};
use super::counted::Counted;
use super::error::{ApiError, Problem};
use super::parameters::Id;
use super::reply::{private, with_header};
use super::verify;
use crate::app::App;
use crate::domain::{CredentialId, DomainError};
use crate::pages::{self, Landing, LandingHead, Service};

/// The routes of this resource.
pub fn routes() -> Routes {
    let page = |text| Answer::of(200, "text/html", Shape::Text, text).private();
    Routes::of("Operation")
        .route(get("/", landing).means("landingPage", "The landing page").answers(page("A page for people.")))
        .route(
            get("/credentials/{id}", credential)
                .means("credentialPage", "The page of one credential")
                .takes(parameters::credential())
                .answers(page("A page for people."))
                .refuses(&[Problem::VerifierBusy]),
        )
}

async fn landing(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let head = match app.domain().latest_head().await {
        Ok(head) => Some(LandingHead {
            seq: head.seq,
            size: head.size,
            root: field::encode_hex(&head.root),
            signed_at: time::format_utc(head.iat).map_err(|error| ApiError::internal(&error))?,
        }),
        Err(DomainError::NoHead) => None,
        Err(error) => return Err(error.into()),
    };
    let schemas = app.domain().disclosure_schemas().await?;
    let title = |document: &serde_json::Value| document["title"].as_str().unwrap_or_default().to_owned();
    Ok(html(pages::landing(&Landing {
        service: service(&app),
        public_url: app.config().public_url.to_string(),
        head,
        schemas: schemas.into_iter().map(|schema| (title(&schema.document), schema.id)).collect(),
    })))
}

async fn credential(
    State(app): State<Arc<App>>,
    counted: Counted,
    Id(id): Id<CredentialId>,
) -> Result<Response, ApiError> {
    let view = app.credential_page(counted.principal(), id, service(&app)).await.map_err(verify::refusal)?;
    Ok(html(pages::credential(&view)))
}

pub(super) fn service(app: &App) -> Service {
    Service {
        issuer: app.keys().issuer().to_owned(),
        development_key: app.development_key(),
        vk_sha256: app.vk_sha256(),
    }
}

pub(super) fn html(markup: Markup) -> Response {
    let page = private(Html(markup.into_string()));
    let page = with_header(page, header::CONTENT_SECURITY_POLICY, &pages::content_security_policy());
    let page = with_header(page, header::REFERRER_POLICY, "no-referrer");
    with_header(page, header::X_FRAME_OPTIONS, "DENY")
}
