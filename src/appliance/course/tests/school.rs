//! A school with its appliance, and a newer image.

use std::sync::LazyLock;

use tempfile::TempDir;
use time::OffsetDateTime;

use crate::{
    appliance::{
        Layout, Prover, Record, School,
        course::{Means, Outcome, Planned},
        install::{self, Options, Request},
        life::without_lengths,
        machine::Machine,
        rollback, upgrade,
    },
    digest::Sha256,
    error::Result,
    host::Host as _,
    image::{Image, SigningKey, fixture, write},
    policy::Stack,
    probe::Report,
    proof::{Event, Proof},
    render::{KernelParameters, Word},
    site::{Origin, Site, certificates},
    test_support::transcript,
};

/// What is in the store at first.
const MESSAGES: &str = "romeo: but soft";

/// A host with an appliance of the older image.
pub(super) struct Home {
    pub(super) host: Machine,
    pub(super) old: Image,
    pub(super) new: Image,
    pub(super) layout: Layout,
}

/// What takes long to make: two images, and a school's keys.
struct Goods {
    old: Image,
    new: Image,
    school: School,
}

static GOODS: LazyLock<Goods> = LazyLock::new(|| {
    let place = tempfile::tempdir().unwrap();
    Goods {
        old: image(&place, "old"),
        new: image(&place, "new"),
        school: school(&place, &Site::example_text().unwrap()),
    }
});

/// A prover that finds a fault in one image.
pub(super) struct Says {
    pub(super) fails: Option<Sha256>,
}

impl Prover for Says {
    fn prove(&self, record: &Record, _: &mut dyn FnMut(Event)) -> Result<Proof> {
        let fault = (self.fails == Some(record.image)).then(|| "5269 is open".to_owned());
        let report = Report { outcomes: Vec::new() };
        Ok(Proof { domain: "school.test".to_owned(), started: true, report, fault })
    }
}

impl Home {
    pub(super) fn installed(zfs: Option<&str>) -> Self {
        let Goods { old, new, school } = &*GOODS;
        let host = Machine::new();
        if let Some(dataset) = zfs {
            host.state().datasets.insert(dataset.to_owned(), String::new());
        }
        host.state().schemas.insert(new.digest.to_string(), 2);
        let request = Request {
            image: old.clone(),
            school: school.clone(),
            program: b"jailbuild 1".to_vec(),
            target: old.manifest.target,
            options: options(zfs),
        };
        install::plan(&request, &host).unwrap().carry_out(&host, &mut |_| ()).unwrap();
        let layout = Layout::of("schoolchat");
        host.write_store(&layout, MESSAGES);
        host.journal();
        Self { host, old: old.clone(), new: new.clone(), layout }
    }

    pub(super) fn record(&self) -> Record {
        Record::read(&self.host, &self.layout).unwrap().unwrap()
    }

    /// Puts another school beside it, with the older image, another link and other ports.
    pub(super) fn install_another(&self, name: &str) {
        let place = tempfile::tempdir().unwrap();
        let text = format!(
            "domain = \"other.test\"\norganisation = \"Other\"\nname = \"{name}\"\n\
             [network]\nlink = \"10.77.0.0/30\"\nstarttls = 5322\ndirect-tls = 5323\n"
        );
        let request = Request {
            image: self.old.clone(),
            school: school(&place, &text),
            program: b"jailbuild 1".to_vec(),
            target: self.old.manifest.target,
            options: options(None),
        };
        install::plan(&request, &self.host).unwrap().carry_out(&self.host, &mut |_| ()).unwrap();
    }

    /// The same at another moment of its life.
    pub(super) fn twin(&self) -> Self {
        Self {
            host: self.host.twin(),
            old: self.old.clone(),
            new: self.new.clone(),
            layout: self.layout.clone(),
        }
    }

    pub(super) fn another_image() -> Image {
        image(&tempfile::tempdir().unwrap(), "other")
    }

    pub(super) fn plan_upgrade_to(&self, image: &Image) -> Result<Option<Planned>> {
        upgrade::plan(&self.record(), image, b"jailbuild 2", &kernel(), &self.host)
    }

    pub(super) fn upgrade_planned(&self) -> Option<Planned> {
        self.plan_upgrade_to(&self.new).unwrap()
    }

    pub(super) fn rollback_planned(&self) -> Result<Planned> {
        rollback::plan(&self.record(), &kernel(), &self.host)
    }

    pub(super) fn upgrade(&self, prover: &Says) -> Result<Outcome> {
        match self.plan_upgrade_to(&self.new)? {
            Some(planned) => self.carry_out(&planned, prover),
            None => Ok(Outcome::already(&self.record(), true)),
        }
    }

    pub(super) fn rollback(&self, prover: &Says) -> Result<Outcome> {
        self.carry_out(&self.rollback_planned()?, prover)
    }

    fn carry_out(&self, planned: &Planned, prover: &Says) -> Result<Outcome> {
        planned.carry_out(&mut Means { host: &self.host, prover, tell: &mut |_| () })
    }

    pub(super) fn expect_old(&self) {
        self.expect_in_service(self.old.digest, 1);
    }

    pub(super) fn expect_new(&self) {
        self.expect_in_service(self.new.digest, 2);
    }

    /// One of the two, and nothing in between.
    pub(super) fn expect_good(&self, case: &str) {
        let image = self.record().image;
        assert!([self.old.digest, self.new.digest].contains(&image), "{case}");
        let state = self.host.state().clone();
        assert_eq!(state.running.len(), 1, "{case}");
        self.expect_in_service(image, if image == self.old.digest { 1 } else { 2 });
    }

    /// This image runs, with all of the data, and nothing is left of the way to it.
    pub(super) fn expect_in_service(&self, image: Sha256, schema: u32) {
        let record = self.record();
        assert_eq!((record.image, record.under_way), (image, None));
        let state = self.host.state().clone();
        assert_eq!(
            state.running.get("schoolchat").map(|path| path.to_str().unwrap().to_owned()),
            Some(format!("images/{image}"))
        );
        assert!(state.mounts.is_empty(), "{:?}", state.mounts);
        assert_eq!(self.host.store(&self.layout), format!("schema {schema}\n{MESSAGES}\n"));
        let left = self.host.files();
        for gone in ["saved", "saving", "rehearsal", "before-upgrade"] {
            assert!(!left.iter().any(|line| line.contains(gone)), "{gone} is left");
        }
        let images = self.host.names(&self.layout.images()).unwrap();
        let kept = [Some(record.image), record.previous].into_iter().flatten().count();
        assert_eq!(images.len(), kept * 4, "{images:?}");
        assert_eq!(self.host.names(&self.layout.all_kept()).unwrap().len(), kept - 1);
    }

    /// A text with the digests by what they are.
    pub(super) fn stable(&self, text: &str) -> String {
        let text = without_lengths(text);
        [(&self.old, "OLD"), (&self.new, "NEW")].into_iter().fold(text, |text, (image, name)| {
            let digest = image.digest.to_string();
            text.replace(&digest, name).replace(&digest[..12], name)
        })
    }
}

fn options(zfs: Option<&str>) -> Options {
    Options {
        externals: vec![Word::new("vtnet0").unwrap()],
        stack: Stack::Own,
        log_blocked: false,
        zfs: zfs.map(str::to_owned),
        edit_host: false,
        start: true,
    }
}

fn kernel() -> KernelParameters {
    KernelParameters::parse(&transcript::jail_parameters())
}

fn school(place: &TempDir, text: &str) -> School {
    let file = place.path().join("jailbuild.toml");
    std::fs::write(&file, text).unwrap();
    let origin = Origin::File(file);
    certificates::ensure(&origin.load().unwrap(), &origin.folder(), OffsetDateTime::now_utc()).unwrap();
    School::of(&origin).unwrap()
}

fn image(place: &TempDir, what: &str) -> Image {
    let (_folder, base) = fixture::base(0o755);
    let extras = vec![fixture::extra("HANDOVER.md", what.as_bytes())];
    let image = fixture::assembled(&base, "", extras).unwrap();
    let key = SigningKey::of_folder(&place.path().join("signing")).unwrap();
    let written = write(&image, &place.path().join(what), &key).unwrap();
    Image::open(&written.archive).unwrap()
}
