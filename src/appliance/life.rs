//! The whole life of appliances on a host of which nothing is real.

mod deaths;
mod host;
mod impaired;
mod ordinary;
mod plans;
mod refusals;
mod restorations;

use std::{path::Path, sync::LazyLock};

use super::{
    install::{self, Options, Request},
    machine::Machine,
    school::{Key, School},
    uninstall, *,
};
use crate::{
    image::{Image, fixture},
    policy::Stack,
    render::Word,
    site::Site,
};

/// A school's file with these lines below its own.
fn school(more: &str) -> School {
    let text = format!("domain = \"school.test\"\norganisation = \"The School\"\n{more}");
    School {
        site: Site::parse(Path::new("jailbuild.toml"), &text).unwrap(),
        text,
        authority: "authority\n".to_owned(),
        chain: "chain\n".to_owned(),
        key: Key::new("key\n"),
    }
}

/// Another school, which shares nothing with the first but the host.
fn other_school() -> School {
    let network = "link = \"10.66.0.4/30\"\nstarttls = 6222\ndirect-tls = 6223\n";
    school(&format!("name = \"otherschool\"\n[network]\n{network}"))
}

/// The image of all tests here: each would otherwise be signed with a key of its own.
static IMAGE: LazyLock<Image> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    Image::open(&fixture::written(folder.path()).0.archive).unwrap()
});

fn request(school: School) -> Request {
    Request {
        image: IMAGE.clone(),
        school,
        program: b"the tool".to_vec(),
        target: "x86_64-unknown-freebsd".parse().unwrap(),
        options: Options {
            externals: Vec::new(),
            stack: Stack::Own,
            log_blocked: false,
            zfs: None,
            edit_host: false,
            start: true,
        },
    }
}

/// Installs it, and says what was left to be done.
fn install(request: &Request, host: &Machine) -> Result<Plan> {
    let _held = install::hold(host)?;
    let plan = install::plan(request, host)?;
    plan.carry_out(host, &mut |_| ())?;
    Ok(plan)
}

fn uninstall(name: &str, purge: bool, host: &Machine) -> Result<Plan> {
    let _held = hold(host)?;
    let plan = uninstall::plan(name, purge, host)?;
    plan.carry_out(host, &mut |_| ())?;
    Ok(plan)
}

/// All that can be seen of a host, a line each.
fn everything(host: &Machine) -> Vec<String> {
    let state = host.state();
    let mut seen = vec![format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n",
        state.accounts,
        state.rc,
        state.sysctls,
        state.running,
        // What is loaded while pf is off, it takes from its file anew.
        state.pf_enabled.then_some(&state.pf)
    )];
    drop(state);
    seen.extend(host.files());
    seen
}

/// A plan as it is compared, without the digests, which are of this build.
fn shown(plan: &Plan, image: &Image) -> String {
    without_lengths(&plan.to_string().replace(&image.digest.to_string(), "DIGEST"))
}

/// A printed plan without the lengths of files: they are of templates, which have tests of their own.
pub(super) fn without_lengths(plan: &str) -> String {
    let lines = plan.lines().map(|line| match line.rsplit_once(", ") {
        Some((line, length)) if length.ends_with(" bytes") => line,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}
