//! The variables of rc.conf(5), and the settings of the kernel.

use crate::{
    error::Result,
    host::{Host, command::Command},
};

/// What this host sets a variable to in its own files; `None` where it leaves it at its default, or there is none.
pub(in crate::appliance) fn variable(host: &dyn Host, name: &str) -> Result<Option<String>> {
    let set = host.ask(&Command::new("sysrc").arg("-a"))?;
    let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned());
    Ok(set.lines().find_map(value))
}

/// What the kernel's setting is; `None` where it has none of this name.
pub(in crate::appliance) fn kernel(host: &dyn Host, name: &str) -> Result<Option<String>> {
    let output = host.output(&Command::new("sysctl").args(["-n", name]))?;
    let value = || String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.code == Some(0)).then(value))
}

pub(super) fn is_variable(host: &dyn Host, name: &str, value: Option<&str>) -> Result<bool> {
    Ok(variable(host, name)?.as_deref() == value)
}

pub(super) fn set_variable(host: &dyn Host, name: &str, value: Option<&str>) -> Result<()> {
    let sysrc = Command::new("sysrc");
    let command = match value {
        Some(value) => sysrc.arg(format!("{name}={value}")),
        None => sysrc.args(["-x", name]),
    };
    host.ask(&command).map(drop)
}

pub(super) fn is_kernel(host: &dyn Host, name: &str, value: &str) -> Result<bool> {
    Ok(kernel(host, name)?.as_deref() == Some(value))
}

pub(super) fn set_kernel(host: &dyn Host, name: &str, value: &str) -> Result<()> {
    host.ask(&Command::new("sysctl").arg(format!("{name}={value}"))).map(drop)
}
