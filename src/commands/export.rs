//! `jailbuild export`: a finished image in the wrapping that another tool takes.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{ImageFacts, open_image, school};
use crate::{
    console::Console,
    error::Result,
    format::{Format, Wrapped, Written},
    host::ThisHost,
    policy::Policy,
    site::Origin,
    trust::{self, Sources},
};

/// Wrap a finished image for other tools: podman and ocijail, or Bastille.
///
/// The image is checked first, as `inspect` does, and refused where anybody is trusted but not its signer: what comes of it carries no
/// signature. Wrapping the same image again gives the same bytes.
///
/// For example: `jailbuild export dist/schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz --format oci`
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The image: a file `….tar.gz`, with its `.sha256` and `.sig` beside it.
    pub image: PathBuf,

    /// `oci` for podman and ocijail, or `bastille`, which takes name and address from the school's file; may be given
    /// several times.
    #[arg(long = "format", required = true, value_name = "FORMAT")]
    pub formats: Vec<Format>,

    /// The folder for what is made [default: that of the image].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Whom to trust.
    #[command(flatten)]
    pub trust: trust::Args,

    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What was made, or would be.
#[derive(Clone, Debug, Serialize)]
struct Exported {
    image: ImageFacts,
    wrapped: Vec<Written>,
    #[serde(rename = "dry-run")]
    dry_run: bool,
}

/// Checks the image, then wraps it.
pub fn run(arguments: &Arguments, file: Option<&Path>, console: &Console) -> Result<u8> {
    // The school's file is asked for where a format needs it alone.
    console.show(&export(arguments, &Origin::find(file), &|| Ok(Policy::of(&school(file, console)?.1)))?)
}

fn export(arguments: &Arguments, origin: &Origin, policy: &dyn Fn() -> Result<Policy>) -> Result<Exported> {
    let keyring = Sources::of(&arguments.trust, origin).read(&ThisHost)?;
    let (image, facts) = open_image(&arguments.image, &keyring, false)?;
    let mut formats = arguments.formats.clone();
    formats.sort_unstable();
    formats.dedup();
    // All of them first: nothing is written where one cannot be made.
    let wrapped: Vec<Wrapped> =
        formats.into_iter().map(|format| Wrapped::new(&image, format, policy)).collect::<Result<_>>()?;
    let folder = arguments.folder();
    let wrapped = wrapped
        .iter()
        .map(|wrapped| if arguments.dry_run { Ok(wrapped.described(folder)) } else { wrapped.write(folder) })
        .collect::<Result<_>>()?;
    Ok(Exported { image: facts, wrapped, dry_run: arguments.dry_run })
}

impl Arguments {
    fn folder(&self) -> &Path {
        self.out.as_deref().or(self.image.parent()).unwrap_or(Path::new("."))
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let would = if self.dry_run { "nothing was written; it would be:\n\n" } else { "" };
        write!(formatter, "{would}from {}, signed by {}", self.image.path.display(), self.image.signer)?;
        if !self.image.signer_trusted {
            write!(formatter, ", a key that is not known here")?;
        }
        self.wrapped.iter().try_for_each(|wrapped| write!(formatter, "\n\n{wrapped}"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::fs;

    use super::*;
    use crate::image::{SigningKey, fixture};

    fn arguments(image: &Path, formats: &[Format]) -> Arguments {
        Arguments {
            image: image.to_owned(),
            formats: formats.to_vec(),
            out: None,
            trust: trust::Args::default(),
            dry_run: false,
        }
    }

    /// With no school of its own at hand, whose key would be trusted.
    fn run(arguments: &Arguments) -> Result<Exported> {
        let nowhere = Origin::File(arguments.image.with_file_name("jailbuild.toml"));
        export(arguments, &nowhere, &|| Ok(Policy::of(&Origin::Example.load()?)))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn each_format_lands_beside_the_image_with_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let image = fixture::written(folder.path()).0.archive;
        let all = arguments(&image, &[Format::Oci, Format::Bastille, Format::Oci]);
        let foreseen = run(&Arguments { dry_run: true, ..all.clone() }).unwrap();
        let dist = folder.path().join("dist");
        assert_eq!(names(&dist).len(), 3, "a dry run writes nothing");
        assert_eq!(run(&all).unwrap().wrapped, foreseen.wrapped);
        let version = crate::image::VERSION;
        let stem = format!("schoolchat-{version}-x86_64-unknown-freebsd");
        assert_eq!(
            names(&dist),
            [
                format!("{stem}.oci.tar"),
                format!("{stem}.oci.tar.sha256"),
                format!("{stem}.tar.gz"),
                format!("{stem}.tar.gz.sha256"),
                format!("{stem}.tar.gz.sig"),
                "schoolchat_2026-01-01-000000.sha256".to_owned(),
                "schoolchat_2026-01-01-000000.tgz".to_owned(),
            ]
        );
    }

    #[test]
    fn nothing_is_made_of_an_image_that_does_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        let image = fixture::written(folder.path()).0.archive;
        let other = folder.path().join("other");
        SigningKey::of_folder(&other).unwrap();
        let trust = trust::Args { trust: vec![other.join("id_ed25519.pub")], ..trust::Args::default() };
        let trusting = Arguments { trust, ..arguments(&image, &[Format::Oci]) };
        assert_eq!(run(&trusting).unwrap_err().exit_code(), 5);

        let one_too_many = arguments(&image, &[Format::Oci, Format::Jail]);
        assert_eq!(run(&one_too_many).unwrap_err().exit_code(), 3);

        fs::write(&image, b"something else").unwrap();
        let broken = arguments(&image, &[Format::Oci]);
        assert_eq!(run(&broken).unwrap_err().exit_code(), 5);
        assert_eq!(names(&folder.path().join("dist")).len(), 3);
    }
}
