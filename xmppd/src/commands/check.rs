//! `xmppd check`

use xmppd::config::Config;

use super::print;
use crate::{cli, failure::Failure};

pub(super) fn run(arguments: &cli::Check) -> Result<(), Failure> {
    let path = &arguments.config.config;
    let config = Config::load(path)?;
    print(&format!("`{}` can be used: {} for {}", path.display(), config.domain, config.organisation))
}
