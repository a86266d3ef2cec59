//! Adding a disclosure schema while the service runs.

use std::sync::Arc;

use poa_verifier::schema::DisclosureSchemaDocument;

use super::ServiceError;
use crate::app::App;
use crate::disclosure::{self, AddSchemaError};
use crate::domain::DisclosureSchemaRecord;
use crate::proving::WorkError;

impl App {
    /// Stores a schema and publishes the trust document with it, to the end even when the caller goes away.
    pub async fn add_schema(
        self: &Arc<Self>,
        document: DisclosureSchemaDocument,
    ) -> Result<DisclosureSchemaRecord, ServiceError> {
        let app = Arc::clone(self);
        let task = tokio::spawn(async move {
            let record = disclosure::add(app.domain(), document, app.now()).await?;
            app.republish().await?;
            Ok(record)
        });
        task.await.map_err(|_| ServiceError::Work(WorkError::Failed))?
    }
}

impl From<AddSchemaError> for ServiceError {
    fn from(error: AddSchemaError) -> Self {
        match error {
            AddSchemaError::Document(error) => Self::Schema(error),
            AddSchemaError::Domain(error) => Self::Domain(error),
        }
    }
}
