//! What went wrong further down, in words for administrators.

use xmppd_control::Refusal;

use crate::{config::ConfigError, store::StoreError};

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
