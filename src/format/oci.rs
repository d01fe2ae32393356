//! The Open Container Initiative's image layout: one layer, which is the image's root file system, and what podman with
//! ocijail on FreeBSD reads of it (image-spec 1.1; dfr/ocijail, `create.cpp`).

use std::collections::HashMap;

use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_REF_NAME, ANNOTATION_TITLE, ANNOTATION_VERSION, Arch, Config,
    ConfigBuilder, Descriptor, DescriptorBuilder, HistoryBuilder, ImageConfiguration,
    ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder, MediaType, OciLayoutBuilder, Os,
    PlatformBuilder, RootFsBuilder, SCHEMA_VERSION, Sha256Digest,
};
use serde::Serialize;

use super::{Format, Wrapped};
use crate::{
    digest::Sha256,
    error::{Context as _, Result},
    image::{Image, Manifest, Mode, ROOTFS, SBOM, Tree, archive},
    runtime::{DAEMON_USER, DATA, Deployment, SETTINGS},
    target::{Machine, System},
};

/// ocijail gives a container a network stack of its own only where it is told to; podman hands an image's annotations on.
/// Where somebody shares the host's network with the container after all, it has none, rather than the host's.
const NETWORK_OF_ITS_OWN: (&str, &str) = ("org.freebsd.jail.vnet", "new");

/// By which an image in this format is compared with the one that was signed: whoever wraps the signed one again gets the same bytes.
const IMAGE_DIGEST: &str = "jailbuild.image.digest";
const BASE: &str = "jailbuild.base";
const SBOM_DIGEST: &str = "jailbuild.sbom.digest";

/// What is lost in it.
pub(super) const LOSSES: [&str; 5] = [
    "firewall rules: closing 5269 and the way out is yours",
    "the locks of the jail: ocijail decides about them, and grants raw sockets and file flags",
    "an empty /dev: podman mounts one",
    "supervision and restart: those of podman, if it is told to",
    "`jailbuild verify --installed`, upgrades with a way back, the signature: check the image before it is wrapped",
];

/// The modes within the layout's own archive; those of the root file system are in its layer.
const FILE: u32 = 0o644;

/// The image as a tar of an OCI image layout.
pub(super) fn wrap(image: &Image) -> Result<Wrapped> {
    let Manifest { name, version, target, source_date_epoch, .. } = &image.manifest;
    let file_name = format!("{name}-{version}-{target}.oci.tar");
    Ok(Wrapped {
        format: Format::Oci,
        bytes: archive::tar(&layout(image)?, *source_date_epoch)?,
        digest_file: format!("{file_name}.sha256"),
        // The form that `sha256sum -c` reads.
        digest_names: true,
        file_name,
    })
}

/// The files of the layout.
fn layout(image: &Image) -> Result<Tree> {
    let manifest = &image.manifest;
    let mut layout = Layout::default();
    let rootfs = archive::tar(&image.tree.below(ROOTFS)?, manifest.source_date_epoch)?;
    let layer = layout.add_blob(MediaType::ImageLayerGzip, archive::gzip(&rootfs)?)?;
    let configuration = json(&configuration(manifest, Sha256::of(&rootfs))?)?;
    let configuration = layout.add_blob(MediaType::ImageConfig, configuration)?;
    let image_manifest = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(configuration)
        .layers([layer])
        .annotations(annotations(image)?)
        .build()
        .doing("describe the image")?;
    let mut described = layout.add_blob(MediaType::ImageManifest, json(&image_manifest)?)?;
    let platform = PlatformBuilder::default()
        .architecture(architecture(manifest))
        .os(system(manifest))
        .build()
        .doing("describe the image")?;
    described.set_platform(Some(platform));
    let reference = format!("{}:{}", manifest.name, manifest.version);
    described.set_annotations(Some(HashMap::from([(ANNOTATION_REF_NAME.to_owned(), reference)])));
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests([described])
        .build()
        .doing("describe the image")?;
    let version =
        OciLayoutBuilder::default().image_layout_version("1.0.0").build().doing("describe the image")?;
    layout.add("index.json", json(&index)?)?;
    layout.add("oci-layout", json(&version)?)?;
    layout.tree.add_parents();
    Ok(layout.tree)
}

#[derive(Default)]
struct Layout {
    tree: Tree,
}

impl Layout {
    fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.tree.add_file(path.parse()?, Mode::new(FILE)?, bytes)
    }

    /// Adds what is known by its digest, and describes it.
    fn add_blob(&mut self, media_type: MediaType, bytes: Vec<u8>) -> Result<Descriptor> {
        let (digest, size) = (Sha256::of(&bytes), bytes.len() as u64);
        self.add(&format!("blobs/sha256/{digest}"), bytes)?;
        let digest: Sha256Digest = digest.to_string().parse().doing("describe the image")?;
        DescriptorBuilder::default()
            .media_type(media_type)
            .digest(digest)
            .size(size)
            .build()
            .doing("describe the image")
    }
}

/// What runs, as whom, and on what.
fn configuration(manifest: &Manifest, rootfs: Sha256) -> Result<ImageConfiguration> {
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

fn labels(manifest: &Manifest) -> Result<[(String, String); 4]> {
    Ok([
        (ANNOTATION_TITLE.to_owned(), manifest.name.clone()),
        (ANNOTATION_VERSION.to_owned(), manifest.version.clone()),
        (ANNOTATION_CREATED.to_owned(), manifest.source_date_epoch.to_rfc_3339()?),
        (BASE.to_owned(), manifest.base.to_string()),
    ])
}

fn annotations(image: &Image) -> Result<HashMap<String, String>> {
    let mut annotations = HashMap::from(labels(&image.manifest)?);
    annotations.insert(IMAGE_DIGEST.to_owned(), format!("sha256:{}", image.digest));
    if let Some(sbom) = image.tree.file(SBOM) {
        annotations.insert(SBOM_DIGEST.to_owned(), format!("sha256:{}", Sha256::of(sbom)));
    }
    if image.manifest.target.is_freebsd() {
        let (key, value) = NETWORK_OF_ITS_OWN;
        annotations.insert(key.to_owned(), value.to_owned());
    }
    Ok(annotations)
}

fn architecture(manifest: &Manifest) -> Arch {
    match manifest.target.machine {
        Machine::Aarch64 => Arch::ARM64,
        Machine::X86_64 => Arch::Amd64,
    }
}

fn system(manifest: &Manifest) -> Os {
    match manifest.target.system {
        System::FreeBsd => Os::FreeBSD,
        System::LinuxGnu | System::LinuxMusl => Os::Linux,
    }
}

/// The same bytes each time: by way of a value, whose keys are sorted, unlike those of the maps in it.
fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let value = serde_json::to_value(value).doing("describe the image")?;
    serde_json::to_vec(&value).doing("describe the image")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::image::fixture;

    fn minimal() -> Image {
        let folder = tempfile::tempdir().unwrap();
        Image::open(&fixture::written(folder.path()).0.archive, &[]).unwrap()
    }

    fn blob(layout: &Tree, descriptor: &Value) -> Vec<u8> {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let bytes = layout.file(&format!("blobs/sha256/{digest}")).unwrap();
        assert_eq!(Sha256::of(bytes).to_string(), digest);
        assert_eq!(descriptor["size"], bytes.len());
        bytes.to_vec()
    }

    fn parsed(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn the_layout_reads_like_this() {
        let layout = layout(&minimal()).unwrap();
        let index = parsed(layout.file("index.json").unwrap());
        let manifest = parsed(&blob(&layout, &index["manifests"][0]));
        let config = parsed(&blob(&layout, &manifest["config"]));
        let text = |value: &Value| serde_json::to_string_pretty(value).unwrap();
        let version = String::from_utf8_lossy(layout.file("oci-layout").unwrap());
        let entries: Vec<&str> = layout.iter().map(|(path, _)| path.as_str()).collect();
        insta::assert_snapshot!(
            [entries.join("\n"), version.into(), text(&index), text(&manifest), text(&config)].join("\n\n")
        );
    }

    #[test]
    fn the_layer_is_the_root_file_system_and_nothing_else() {
        let image = minimal();
        let layout = layout(&image).unwrap();
        let index = parsed(layout.file("index.json").unwrap());
        let manifest = parsed(&blob(&layout, &index["manifests"][0]));
        let config = parsed(&blob(&layout, &manifest["config"]));
        let layer = blob(&layout, &manifest["layers"][0]);
        let (rootfs, time) = archive::read(&layer).unwrap();
        assert_eq!((rootfs, time), (image.tree.below(ROOTFS).unwrap(), image.manifest.source_date_epoch));

        let mut tar = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(layer.as_slice()), &mut tar).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{}", Sha256::of(&tar)));
    }

    #[test]
    fn the_same_image_gives_the_same_bytes() {
        let image = minimal();
        let first = wrap(&image).unwrap();
        for _ in 0..8 {
            assert!(wrap(&image).unwrap().bytes == first.bytes, "maps without an order show through");
        }
    }
}
