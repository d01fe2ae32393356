//! `xmppd check`

use xmppd::{config::Config, net::tls::Certificate};

use super::print;
use crate::{cli, failure::Failure};

pub(super) fn run(arguments: &cli::Check) -> Result<(), Failure> {
    let path = &arguments.config.config;
    let config = Config::load(path)?;
    Certificate::load(&config.tls)?;
    print(&format!("`{}` can be used: {} for {}", path.display(), config.domain, config.organisation))
}
