//! Changing the status of a credential that VC-API was asked for.

use super::VcApiError;
use crate::app::App;
use crate::domain::vc_api::StatusChange;

impl App {
    /// Decides on the status of the credentials that a reference names. Gives how many there are.
    pub async fn vc_api_set_status(&self, reference: &str, changes: &[StatusChange]) -> Result<usize, VcApiError> {
        Ok(self.domain().set_vc_api_status(reference, changes, self.now()).await?)
    }
}
