//! What proves that an appliance in service is closed.

use super::Record;
use crate::{
    error::Result,
    proof::{Event, Proof},
};

/// Proves appliances in service; in tests, one that says what it was told to say.
pub trait Prover {
    /// Probes the appliance that this record describes.
    ///
    /// # Errors
    /// If it cannot be probed; what the probes find is in the [`Proof`].
    fn prove(&self, record: &Record, tell: &mut dyn FnMut(Event)) -> Result<Proof>;
}
