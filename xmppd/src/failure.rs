//! An error on its way to the terminal.

use xmppd::{
    config::ConfigError,
    control::{ClientError, Refusal},
    net::ServeError,
    store::StoreError,
};

/// What happened, what to do about it, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
    pub(crate) code: u8,
}

impl Failure {
    /// A step failed.
    pub(crate) const FAILED: u8 = 1;
    /// The configuration is not acceptable.
    pub(crate) const CONFIGURATION: u8 = 3;
    /// A newer version has written the data.
    pub(crate) const NEWER_DATA: u8 = 4;

    /// The daemon did not keep to the protocol.
    pub(crate) fn other_answer() -> Self {
        Self::new("the daemon answered something else", "is it the same version of `xmppd`?")
    }

    /// A step that failed, with advice.
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: Some(hint.into()), code: Self::FAILED }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned), code: Self::CONFIGURATION }
    }
}

impl From<Refusal> for Failure {
    fn from(Refusal { what, hint }: Refusal) -> Self {
        Self { what, hint, code: Self::FAILED }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned), code: Self::FAILED }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let hint = error.hint().map(str::to_owned);
        match error {
            ServeError::Store(error) => error.into(),
            ServeError::Tls { .. } => Self { what: error.to_string(), hint, code: Self::CONFIGURATION },
            ServeError::Files(_) | ServeError::Listen { .. } | ServeError::Signals(_) => {
                Self { what: error.to_string(), hint, code: Self::FAILED }
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::NewerSchema { .. } => Self::NEWER_DATA,
            _ => Self::FAILED,
        };
        Self { code, ..Refusal::from(error).into() }
    }
}
