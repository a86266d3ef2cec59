//! The registry in the service's own database, as a chain reader.

use std::sync::Arc;

use poa_verifier::agenthood::ss58::Address;

use super::{Answer, ChainError, ChainReader, ChainSnapshot, Changes};
use crate::clock::Clock;
use crate::domain::registry::{Registry, RegistryError};

/// Reads the [`Registry`].
pub struct EmbeddedReader {
    registry: Registry,
    clock: Arc<dyn Clock>,
}

impl EmbeddedReader {
    /// A reader whose head moves with `clock`.
    pub fn new(registry: Registry, clock: Arc<dyn Clock>) -> Self {
        Self { registry, clock }
    }
}

impl ChainReader for EmbeddedReader {
    fn snapshot<'a>(&'a self, agent: &'a Address) -> Answer<'a, ChainSnapshot> {
        let now = self.clock.now_unix_s();
        Box::pin(async move { self.registry.snapshot(agent, now).await.map_err(unreachable) })
    }

    fn changes_since(&self, after: u64) -> Answer<'_, Changes> {
        let now = self.clock.now_unix_s();
        Box::pin(async move { self.registry.changes_since(after, now).await.map_err(unreachable) })
    }

    fn kind(&self) -> &'static str {
        "embedded"
    }
}

fn unreachable(error: RegistryError) -> ChainError {
    ChainError::Unreachable(error.to_string())
}
