//! Callers whose verifications are counted, before their bodies are read.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::call::is_operator;
use super::client::Client;
use super::error::ApiError;
use super::rate::Limited;
use crate::app::App;
use crate::proving::Principal;

/// Who asks for a verification. Extracting it counts one, so a client that asks too often is refused before its body is
/// read. The operator is not counted.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    client: Client,
    is_operator: bool,
}

impl Counted {
    /// Counts all documents of a call. The first was counted when the call began.
    pub fn count_documents(self, app: &App, documents: usize) -> Result<(), ApiError> {
        let further = u32::try_from(documents.saturating_sub(1)).unwrap_or(u32::MAX);
        match NonZeroU32::new(further) {
            Some(further) if !self.is_operator => {
                Ok(app.rate_limits().count_several(Limited::Verification, self.client, further)?)
            }
            _ => Ok(()),
        }
    }

    /// The address, for limits of other kinds.
    pub fn client(self) -> Client {
        self.client
    }

    /// Who the work is done for, on a path without a body.
    pub fn principal(self) -> Principal {
        if self.is_operator { Principal::Operator } else { Principal::Client(self.client) }
    }
}

impl FromRequestParts<Arc<App>> for Counted {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(client) = Client::from_request_parts(parts, app).await;
        let is_operator = is_operator(app, &parts.headers);
        if !is_operator {
            app.rate_limits().count(Limited::Verification, client)?;
        }
        Ok(Self { client, is_operator })
    }
}
