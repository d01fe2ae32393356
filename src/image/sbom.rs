//! `sbom.cdx.json`: what an image is made of, in the format that others read (`CycloneDX` 1.5).
//!
//! The image is made of files; the daemon among them is made of crates, as its own list says, each of which uses others.

use cyclonedx_bom::{
    external_models::{
        date_time::DateTime, normalized_string::NormalizedString, spdx::SpdxExpression, uri::Purl,
    },
    models::{
        bom::{Bom, SpecVersion},
        component::{Classification, Component, Components, Scope},
        dependency::{Dependencies, Dependency},
        hash::{Hash, HashAlgorithm, HashValue, Hashes},
        license::{LicenseChoice, Licenses},
        metadata::Metadata,
        property::{Properties, Property},
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    assemble::{DAEMON, ROOTFS},
    manifest::{File, Manifest},
    tree::EntryPath,
};
use crate::{
    daemon::{Crate, Origin},
    digest::Sha256,
    error::{Context as _, Result},
};

/// Where the SBOM lies in an image.
pub const SBOM: &str = "sbom.cdx.json";

/// The SBOM of an image, whose manifest lists every file but the SBOM. There is no serial number: the same image has the same SBOM.
pub(super) fn sbom(manifest: &Manifest, crates: Option<&[Crate]>) -> Result<Vec<u8>> {
    let files = files_of_jail(manifest).map(|(path, file)| file_component(path, file, crates.is_some()));
    let packages = crates.unwrap_or_default();
    let components = packages.iter().map(crate_component).collect::<Result<Vec<_>>>()?;
    let bom = Bom {
        version: 1,
        spec_version: SpecVersion::V1_5,
        metadata: Some(metadata(manifest)?),
        dependencies: Some(Dependencies(dependencies(manifest, packages, &components))),
        components: Some(Components(components.into_iter().chain(files).collect())),
        ..empty()
    };
    let mut json = Vec::new();
    bom.output_as_json_v1_5(&mut json).doing("write the SBOM")?;
    json.push(b'\n');
    Ok(json)
}

fn files_of_jail(manifest: &Manifest) -> impl Iterator<Item = (&EntryPath, &File)> {
    manifest.files.iter().filter(|(path, _)| path.as_str().starts_with(&format!("{ROOTFS}/")))
}

/// Whether this is the file that the crates are in.
fn is_daemon(path: &EntryPath) -> bool {
    path.as_str().strip_prefix(ROOTFS) == Some(DAEMON)
}

/// What is made of what: the image of its files, the daemon of its crates, crates of crates.
fn dependencies(manifest: &Manifest, crates: &[Crate], components: &[Component]) -> Vec<Dependency> {
    let reference = |component: &Component| component.bom_ref.clone().unwrap_or_default();
    let root = || crates.iter().zip(components).filter(|(package, _)| package.root);
    let image = Dependency {
        dependency_ref: manifest.name.clone(),
        dependencies: files_of_jail(manifest).map(|(path, _)| path.to_string()).collect(),
    };
    let files = files_of_jail(manifest).map(|(path, _)| Dependency {
        dependency_ref: path.to_string(),
        dependencies: root().filter(|_| is_daemon(path)).map(|(_, component)| reference(component)).collect(),
    });
    let crates = crates.iter().zip(components).map(|(package, component)| Dependency {
        dependency_ref: reference(component),
        dependencies: package.dependencies.iter().map(|place| reference(&components[*place])).collect(),
    });
    [image].into_iter().chain(crates).chain(files).collect()
}

fn file_component(path: &EntryPath, file: &File, crates_known: bool) -> Component {
    let mut component = component(Classification::File, path.as_str(), "", &file.why);
    component.bom_ref = Some(path.to_string());
    component.hashes = Some(hashes(file.sha256));
    if is_daemon(path) && !crates_known {
        component.properties = Some(Properties(vec![Property::new("jailbuild:crates", "unknown")]));
    }
    component
}

fn metadata(manifest: &Manifest) -> Result<Metadata> {
    let mut image = component(Classification::OperatingSystem, &manifest.name, &manifest.version, "");
    image.bom_ref = Some(manifest.name.clone());
    image.properties = Some(Properties(vec![
        Property::new("jailbuild:target", manifest.target.triple()),
        Property::new("jailbuild:base", &manifest.base.to_string()),
    ]));
    let seconds = i64::try_from(manifest.source_date_epoch.seconds()).doing("write the SBOM")?;
    let time = OffsetDateTime::from_unix_timestamp(seconds).doing("write the SBOM")?;
    let time = time.format(&Rfc3339).doing("write the SBOM")?;
    let timestamp = DateTime::try_from(time).doing("write the SBOM")?;
    Ok(Metadata { timestamp: Some(timestamp), component: Some(image), ..Metadata::default() })
}

fn crate_component(package: &Crate) -> Result<Component> {
    let mut component = component(Classification::Library, &package.name, &package.version, "");
    let purl = Purl::new("cargo", &package.name, &package.version).doing("name a crate in the SBOM")?;
    component.bom_ref = Some(purl.to_string());
    // Of any other origin, another crate may have this name on crates.io.
    component.purl = (package.origin == Origin::CratesIo).then_some(purl);
    component.hashes = package.sha256.map(hashes);
    component.scope = Some(Scope::Required);
    if let Some(license) = &package.license {
        let choice = SpdxExpression::parse_lax(license.clone())
            .map_or_else(|_| LicenseChoice::license(license), LicenseChoice::Expression);
        component.licenses = Some(Licenses(vec![choice]));
    }
    Ok(component)
}

fn component(kind: Classification, name: &str, version: &str, why: &str) -> Component {
    let mut component = Component::new(kind, name, version, None);
    if version.is_empty() {
        component.version = None;
    }
    if !why.is_empty() {
        component.description = Some(NormalizedString::new(why));
    }
    component
}

fn hashes(digest: Sha256) -> Hashes {
    Hashes(vec![Hash { alg: HashAlgorithm::SHA_256, content: HashValue(digest.to_string()) }])
}

/// A BOM without anything. The library's own default has a random serial number.
fn empty() -> Bom {
    Bom {
        version: 1,
        serial_number: None,
        metadata: None,
        components: None,
        services: None,
        external_references: None,
        dependencies: None,
        compositions: None,
        properties: None,
        vulnerabilities: None,
        signature: None,
        annotations: None,
        formulation: None,
        spec_version: SpecVersion::V1_5,
    }
}
