//! A host of which nothing is real: for tests of what is asked of one.

use std::sync::{Arc, Mutex};

use super::*;
use crate::error::Context as _;

/// Records what is done, and answers the commands that it knows: the first answer whose beginning fits is used up, unless
/// it is the last that fits. There are no files.
#[derive(Default)]
pub(crate) struct Double {
    answers: Mutex<Vec<(&'static str, i32, &'static str)>>,
    ran: Mutex<Vec<String>>,
}

impl Double {
    pub(crate) fn answering(answers: &[(&'static str, i32, &'static str)]) -> Self {
        Self { answers: Mutex::new(answers.to_vec()), ran: Mutex::default() }
    }

    /// What was done, a line each.
    pub(crate) fn ran(&self) -> String {
        self.ran.lock().unwrap().join("\n")
    }

    fn record(&self, what: &str, path: &Path) {
        self.ran.lock().unwrap().push(format!("{what} {}", path.display()));
    }
}

impl Host for Double {
    fn output(&self, command: &Command) -> Result<Output> {
        let command = command.to_string();
        let mut answers = self.answers.lock().unwrap();
        let fitting: Vec<usize> =
            (0..answers.len()).filter(|index| command.starts_with(answers[*index].0)).collect();
        let (code, stdout) = match fitting.as_slice() {
            [] => (0, ""),
            [last] => (answers[*last].1, answers[*last].2),
            [first, ..] => {
                let (_, code, stdout) = answers.remove(*first);
                (code, stdout)
            }
        };
        self.ran.lock().unwrap().push(command);
        Ok(Output { code: Some(code), stdout: stdout.into(), stderr: Vec::new() })
    }

    fn pause(&self) {
        self.ran.lock().unwrap().push("pause".to_owned());
    }

    fn look(&self, _: &Path) -> Result<Option<Found>> {
        Ok(None)
    }

    fn read(&self, _: &Path) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn names(&self, _: &Path) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn write(&self, path: &Path, _: &[u8], _: u32) -> Result<()> {
        self.record("write", path);
        Ok(())
    }

    fn create_folder(&self, path: &Path, _: u32) -> Result<()> {
        self.record("create", path);
        Ok(())
    }

    fn link(&self, path: &Path, _: &Path) -> Result<()> {
        self.record("link", path);
        Ok(())
    }

    fn rename(&self, from: &Path, _: &Path) -> Result<()> {
        self.record("rename", from);
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.record("remove", path);
        Ok(())
    }

    fn hold(&self, folder: &Path) -> Result<File> {
        File::open("/dev/null").doing_to("hold", folder)
    }
}

impl<H: Host> Host for Arc<H> {
    fn output(&self, command: &Command) -> Result<Output> {
        H::output(self, command)
    }

    fn pause(&self) {
        H::pause(self);
    }

    fn look(&self, path: &Path) -> Result<Option<Found>> {
        H::look(self, path)
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        H::read(self, path)
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>> {
        H::names(self, folder)
    }

    fn write(&self, path: &Path, content: &[u8], mode: u32) -> Result<()> {
        H::write(self, path, content, mode)
    }

    fn create_folder(&self, path: &Path, mode: u32) -> Result<()> {
        H::create_folder(self, path, mode)
    }

    fn link(&self, path: &Path, target: &Path) -> Result<()> {
        H::link(self, path, target)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        H::rename(self, from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        H::remove(self, path)
    }

    fn hold(&self, folder: &Path) -> Result<File> {
        H::hold(self, folder)
    }
}
