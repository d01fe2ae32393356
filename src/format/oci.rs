//! The Open Container Initiative's image layout: one layer, which is the image's root file system, and what podman with
//! ocijail on FreeBSD reads of it (image-spec 1.1; dfr/ocijail, `create.cpp`).

mod configuration;

use std::collections::HashMap;

use oci_spec::image::{
    ANNOTATION_REF_NAME, Descriptor, DescriptorBuilder, ImageIndex, ImageIndexBuilder, ImageManifestBuilder,
    MediaType, OciLayoutBuilder, PlatformBuilder, SCHEMA_VERSION, Sha256Digest,
};
use serde::Serialize;

use self::configuration::{architecture, configuration, labels, system};
use super::{DigestFile, Format, Wrapped};
use crate::{
    digest::Sha256,
    error::{Context as _, Result},
    image::{Image, Manifest, Mode, ROOTFS, SBOM, Tree, archive},
};

/// ocijail gives a container a network stack of its own only where it is told to; podman hands an image's annotations on.
/// Where somebody shares the host's network with the container after all, it has none, rather than the host's.
const NETWORK_OF_ITS_OWN: (&str, &str) = ("org.freebsd.jail.vnet", "new");

/// By which an image in this format is compared with the one that was signed: whoever wraps the signed one again gets the same bytes.
const IMAGE_DIGEST: &str = "jailbuild.image.digest";
const SBOM_DIGEST: &str = "jailbuild.sbom.digest";

/// What is lost in it.
pub(super) const LOSSES: [&str; 5] = [
    "firewall rules: closing 5269 and the way out is yours",
    "the locks of the jail: ocijail decides about them, and grants raw sockets and file flags",
    "an empty /dev: podman mounts one",
    "supervision and restart: those of podman, if it is told to",
    "`jailbuild verify --installed`, upgrades with a way back, the signature: check the image before it is wrapped",
];

/// The mode of the layout's own files; those of the root file system are in its layer.
const FILE: u32 = 0o644;

/// The version of the layout, whatever that of the specification is.
const LAYOUT_VERSION: &str = "1.0.0";

/// The image as a tar of an OCI image layout.
pub(super) fn wrap(image: &Image) -> Result<Wrapped> {
    let Manifest { name, version, target, source_date_epoch, .. } = &image.manifest;
    Ok(Wrapped {
        format: Format::Oci,
        file_name: format!("{name}-{version}-{target}.oci.tar"),
        bytes: archive::tar(&layout(image)?, *source_date_epoch)?,
        digest_file: DigestFile::Named,
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
    let described = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(configuration)
        .layers([layer])
        .annotations(annotations(image)?)
        .build()
        .doing("describe the image")?;
    let described = layout.add_blob(MediaType::ImageManifest, json(&described)?)?;
    let version = OciLayoutBuilder::default().image_layout_version(LAYOUT_VERSION);
    layout.add("index.json", json(&index(manifest, described)?)?)?;
    layout.add("oci-layout", json(&version.build().doing("describe the image")?)?)?;
    layout.tree.add_parents();
    Ok(layout.tree)
}

/// The one image that is in the layout, with the name that `podman load` gives it.
fn index(manifest: &Manifest, mut image: Descriptor) -> Result<ImageIndex> {
    let platform = PlatformBuilder::default().architecture(architecture(manifest)).os(system(manifest));
    image.set_platform(Some(platform.build().doing("describe the image")?));
    let reference = format!("{}:{}", manifest.name, manifest.version);
    image.set_annotations(Some(HashMap::from([(ANNOTATION_REF_NAME.to_owned(), reference)])));
    ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests([image])
        .build()
        .doing("describe the image")
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
        Image::open(&fixture::written(folder.path()).0.archive).unwrap()
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
