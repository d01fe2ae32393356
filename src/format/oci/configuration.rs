//! The configuration of an OCI image: what runs, as whom, and on what.

use std::collections::HashMap;

use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_TITLE, ANNOTATION_VERSION, Arch, Config, ConfigBuilder, HistoryBuilder,
    ImageConfiguration, ImageConfigurationBuilder, Os, RootFsBuilder,
};

use crate::{
    digest::Sha256,
    error::{Context as _, Result},
    image::Manifest,
    runtime::{DAEMON_USER, DATA, Deployment, SETTINGS},
    target::{Machine, System},
};

/// Not `org.opencontainers.image.base.name`, which is for the reference of another image.
const BASE: &str = "jailbuild.base";

/// The configuration of an image whose only layer, before it is compressed, has this digest.
pub(super) fn configuration(manifest: &Manifest, rootfs: Sha256) -> Result<ImageConfiguration> {
    let layers = RootFsBuilder::default().diff_ids([format!("sha256:{rootfs}")]);
    let made = manifest.source_date_epoch.to_rfc_3339()?;
    let history =
        HistoryBuilder::default().created(&*made).created_by(format!("jailbuild {}", manifest.version));
    let builder = ImageConfigurationBuilder::default()
        .created(made)
        .architecture(architecture(manifest))
        .os(system(manifest))
        .config(execution(manifest)?)
        .rootfs(layers.build().doing("describe the image")?)
        .history([history.build().doing("describe the image")?]);
    let release = manifest.base.release.as_ref().filter(|_| manifest.target.is_freebsd());
    match release {
        Some(release) => builder.os_version(release),
        None => builder,
    }
    .build()
    .doing("describe the image")
}

fn execution(manifest: &Manifest) -> Result<Config> {
    let mut program = Deployment::daemon();
    let arguments = program.split_off(1);
    let ports: Vec<String> =
        manifest.network.open_from_lan.iter().map(|port| format!("{port}/tcp")).collect();
    ConfigBuilder::default()
        .user(format!("{DAEMON_USER}:{DAEMON_USER}"))
        .exposed_ports(ports)
        .entrypoint(program)
        .cmd(arguments)
        .volumes([SETTINGS, DATA].map(str::to_owned))
        .working_dir("/")
        .labels(HashMap::from(labels(manifest)?))
        .stop_signal("SIGTERM")
        .build()
        .doing("describe the image")
}

/// What labels of the configuration and annotations of the manifest have in common.
pub(super) fn labels(manifest: &Manifest) -> Result<[(String, String); 4]> {
    Ok([
        (ANNOTATION_TITLE.to_owned(), manifest.name.clone()),
        (ANNOTATION_VERSION.to_owned(), manifest.version.clone()),
        (ANNOTATION_CREATED.to_owned(), manifest.source_date_epoch.to_rfc_3339()?),
        (BASE.to_owned(), manifest.base.to_string()),
    ])
}

pub(super) fn architecture(manifest: &Manifest) -> Arch {
    match manifest.target.machine {
        Machine::Aarch64 => Arch::ARM64,
        Machine::X86_64 => Arch::Amd64,
    }
}

pub(super) fn system(manifest: &Manifest) -> Os {
    match manifest.target.system {
        System::FreeBsd => Os::FreeBSD,
        System::LinuxGnu | System::LinuxMusl => Os::Linux,
    }
}
