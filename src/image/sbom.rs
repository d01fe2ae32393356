//! `sbom.cdx.json`: what an image is made of, in the format that others read (`CycloneDX` 1.5).

use cyclonedx_bom::{
    external_models::{
        date_time::DateTime, normalized_string::NormalizedString, spdx::SpdxExpression, uri::Purl,
    },
    models::{
        bom::{Bom, SpecVersion},
        component::{Classification, Component, Components, Scope},
        hash::{Hash, HashAlgorithm, HashValue, Hashes},
        license::{LicenseChoice, Licenses},
        metadata::Metadata,
        property::{Properties, Property},
    },
};

use super::manifest::Manifest;
use crate::{
    daemon::Crate,
    digest::Sha256,
    error::{Context as _, Result},
};

/// Where the SBOM lies in an image.
pub const SBOM: &str = "sbom.cdx.json";

/// The SBOM of an image, whose manifest lists every file but the SBOM. There is no serial number: the same image has the same SBOM.
pub(super) fn sbom(manifest: &Manifest, crates: &[Crate]) -> Result<Vec<u8>> {
    let files =
        manifest.files.iter().filter(|(path, _)| path.as_str().starts_with("rootfs/")).map(|(path, file)| {
            let mut component = component(Classification::File, path.as_str(), "", &file.why);
            component.hashes = Some(hashes(file.sha256));
            component
        });
    let crates = crates.iter().map(crate_component).collect::<Result<Vec<_>>>()?;
    let bom = Bom {
        version: 1,
        spec_version: SpecVersion::V1_5,
        metadata: Some(metadata(manifest)?),
        components: Some(Components(crates.into_iter().chain(files).collect())),
        ..empty()
    };
    let mut json = Vec::new();
    bom.output_as_json_v1_5(&mut json).doing("write the SBOM")?;
    json.push(b'\n');
    Ok(json)
}

fn metadata(manifest: &Manifest) -> Result<Metadata> {
    let mut image = component(Classification::OperatingSystem, &manifest.name, &manifest.version, "");
    image.properties = Some(Properties(vec![
        Property::new("jailbuild:target", manifest.target.triple()),
        Property::new("jailbuild:base", &manifest.base.to_string()),
    ]));
    let timestamp = DateTime::try_from(manifest.source_date_epoch.to_rfc_3339()?).doing("write the SBOM")?;
    Ok(Metadata { timestamp: Some(timestamp), component: Some(image), ..Metadata::default() })
}

fn crate_component(package: &Crate) -> Result<Component> {
    let mut component = component(Classification::Library, &package.name, &package.version, "");
    component.purl =
        Some(Purl::new("cargo", &package.name, &package.version).doing("name a crate in the SBOM")?);
    component.bom_ref = component.purl.as_ref().map(ToString::to_string);
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
