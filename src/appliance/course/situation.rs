//! What a course is planned from: nothing is read any more once it is known.

use super::Course;
use crate::{
    appliance::{
        Content, Layout, Operation, Owner, Plan, Reached, Record, School, Service, Step,
        files::{self, Files},
        kept::Kept,
        rehearsal::Rehearsal,
        saved::Saved,
    },
    digest::Sha256,
    error::Result,
    host::{Host, file::SECRET},
    pkg_list::Flavour,
    render::KernelParameters,
};

/// An appliance, and the image that it is to get.
#[derive(Clone, Debug)]
pub struct Situation {
    /// What is installed; nothing is under way.
    pub record: Record,
    /// The image that it gets.
    pub to: Sha256,
    /// Whether the service ran, and is to run again.
    pub runs: bool,
    /// What puts the image where images lie.
    pub arrival: Vec<Step>,
    /// The program that does it, which stays with the appliance once that image has proved itself.
    pub tool: Option<Step>,
    /// The files of that image.
    pub files: Vec<Step>,
    /// The daemon's settings among them.
    pub settings: String,
    /// The files of the image that is in service now.
    pub kept: Kept,
    /// Images that are neither.
    pub obsolete: Vec<Sha256>,
}

/// What may become of the data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Data {
    /// It is saved before, and comes back where the other image fails.
    Saved,
    /// It stays as it is: the other image knew it before.
    Stays,
}

impl Situation {
    /// What is there, also of a change that was interrupted. The files of the other image are not known yet.
    ///
    /// # Errors
    /// If what is there cannot be read.
    pub fn of(
        record: &Record,
        (to, runs, reached): (Sha256, bool, Reached),
        host: &dyn Host,
    ) -> Result<Self> {
        let layout = Layout::of(&record.name);
        let record = match (reached, record.previous) {
            (Reached::Done, Some(from)) => Record { image: from, previous: None, ..record.clone() },
            _ => record.clone(),
        };
        let kept = match reached {
            Reached::Begun => Kept::in_force(host, &layout, record.image)?,
            _ => Kept::put_by(host, &layout, record.image)?,
        };
        let images = host.names(&layout.images())?;
        let images = images.iter().filter_map(|name| name.parse::<Sha256>().ok());
        let obsolete = images.filter(|image| ![record.image, to].contains(image)).collect();
        Ok(Self {
            record: Record { under_way: None, ..record },
            to,
            runs,
            arrival: Vec::new(),
            tool: None,
            files: Vec::new(),
            settings: String::new(),
            kept,
            obsolete,
        })
    }

    /// With the files that the other image gets, and these settings of its daemon.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] if the school's file has a name that does not fit into a template.
    pub fn with_files(
        self,
        school: &School,
        settings: String,
        flavour: Flavour,
        kernel: &KernelParameters,
    ) -> Result<Self> {
        let record = Record { image: self.to, ..self.record.clone() };
        let mut files = Files { record: &record, school, flavour, kernel }.of_host()?;
        files.push(Step::File {
            path: self.layout().settings().join("xmppd.toml"),
            mode: SECRET,
            owner: Owner::Daemon,
            content: Content::new(settings.as_str()),
        });
        Ok(Self { files, settings, ..self })
    }

    /// It gets a new image: all comes back as it was, also the data, where that fails.
    pub fn upgrade(&self) -> Course {
        let (to, runs) = (self.to, self.runs);
        self.course(Data::Saved, |reached| Operation::Upgrade { to, runs, reached })
    }

    /// It gets its previous image back, and the data stays as it is.
    pub fn rollback(&self) -> Course {
        let (to, runs) = (self.to, self.runs);
        self.course(Data::Stays, |reached| Operation::Rollback { to, runs, reached })
    }

    fn course(&self, data: Data, operation: impl Fn(Reached) -> Operation) -> Course {
        let before = Record { under_way: None, ..self.record.clone() };
        let after = Record { image: self.to, previous: Some(before.image), ..before.clone() };
        let recorded = |record: &Record, reached| {
            files::record(&Record { under_way: Some(operation(reached)), ..record.clone() })
        };
        // What an upgrade saved is of no use once its image is in service: it holds messages that wait.
        let saved = if data == Data::Saved { self.data().made() } else { self.data().gone() };
        // The files of the image that comes back are kept until nothing depends on them any more.
        let settled =
            [self.image_gone(), vec![files::record(&before)], self.kept_gone(before.image)].concat();
        let rehearsal = Rehearsal::of(&self.layout(), self.to, &self.settings);
        Course {
            from: before.image,
            to: self.to,
            runs: self.runs,
            prepare: plan([
                vec![recorded(&before, Reached::Begun)],
                rehearsal.clear.steps.clone(),
                self.arrival.clone(),
                self.kept.are_kept(),
                vec![self.service(Service::Stopped)],
                saved,
            ]),
            abandon: plan([self.data().gone(), settled.clone()]),
            rehearsal,
            switch: plan([
                vec![recorded(&before, Reached::Switched)],
                self.out_of_service(),
                self.files.clone(),
                self.in_service(&after),
            ]),
            start: plan([self.started()]),
            take_back: (data == Data::Saved).then(|| {
                plan([
                    vec![recorded(&before, Reached::TakenBack)],
                    self.out_of_service(),
                    vec![self.data().back()],
                    self.kept.are_in_force(),
                    self.in_service(&before),
                ])
            }),
            settle: plan([settled]),
            finish: plan([
                vec![recorded(&after, Reached::Done)],
                self.tool.iter().cloned().collect(),
                self.data().gone(),
                self.obsolete.iter().flat_map(|image| self.gone(*image)).collect(),
                self.kept_gone(self.to),
                vec![files::record(&after)],
            ]),
            before,
            after,
        }
    }

    fn layout(&self) -> Layout {
        Layout::of(&self.record.name)
    }

    fn data(&self) -> Saved {
        Saved::of(&self.record)
    }

    fn service(&self, state: Service) -> Step {
        Step::Service { name: self.record.name.clone(), state }
    }

    fn started(&self) -> Vec<Step> {
        if self.runs { vec![self.service(Service::Started)] } else { Vec::new() }
    }

    /// Nothing can be started from here on.
    fn out_of_service(&self) -> Vec<Step> {
        vec![self.service(Service::Stopped), Step::Absent { path: self.layout().current() }]
    }

    /// The links of this record; the one that lets it start is the last.
    fn in_service(&self, record: &Record) -> Vec<Step> {
        let layout = self.layout();
        let target = |image: Sha256| format!("images/{image}").into();
        let previous = match record.previous {
            Some(image) => Step::Link { path: layout.previous(), target: target(image) },
            None => Step::Absent { path: layout.previous() },
        };
        vec![previous, Step::Link { path: layout.current(), target: target(record.image) }]
    }

    /// The image that did not stay goes, unless it was there before.
    fn image_gone(&self) -> Vec<Step> {
        if self.record.previous == Some(self.to) { Vec::new() } else { self.gone(self.to) }
    }

    fn gone(&self, image: Sha256) -> Vec<Step> {
        let layout = self.layout();
        let archive = layout.archive(image);
        let beside = [".sha256", ".sig"].map(|ending| files::beside(&archive, ending));
        let unpacked = [layout.image(image), layout.unpacking(image)];
        let gone = unpacked.into_iter().chain([archive]).chain(beside).map(|path| Step::Absent { path });
        gone.chain(self.kept_gone(image)).collect()
    }

    /// The files of an image that is in service are where they belong.
    fn kept_gone(&self, image: Sha256) -> Vec<Step> {
        let layout = self.layout();
        vec![Step::Absent { path: layout.kept(image) }, Step::Pruned { path: layout.all_kept() }]
    }
}

fn plan(parts: impl IntoIterator<Item = Vec<Step>>) -> Plan {
    Plan::new(parts.into_iter().flatten())
}
