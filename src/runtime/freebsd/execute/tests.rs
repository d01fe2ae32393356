#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::sync::{Arc, Mutex};

use super::*;
use crate::runtime::freebsd::plan::{self, tests::deployment};

/// Records commands, and answers those that it knows: the first answer whose beginning fits is used up, unless it is
/// the last that fits.
#[derive(Default)]
pub(in crate::runtime::freebsd) struct Double {
    answers: Mutex<Vec<(&'static str, i32, &'static str)>>,
    ran: Mutex<Vec<String>>,
}

impl Double {
    pub(in crate::runtime::freebsd) fn answering(answers: &[(&'static str, i32, &'static str)]) -> Self {
        Self { answers: Mutex::new(answers.to_vec()), ran: Mutex::default() }
    }

    pub(in crate::runtime::freebsd) fn ran(&self) -> String {
        self.ran.lock().unwrap().join("\n")
    }
}

impl Shell for Double {
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

    fn write(&self, path: &Path, _: &str) -> Result<()> {
        self.ran.lock().unwrap().push(format!("write {}", path.display()));
        Ok(())
    }

    fn pause(&self) {
        self.ran.lock().unwrap().push("pause".to_owned());
    }
}

impl Shell for Arc<Double> {
    fn output(&self, command: &Command) -> Result<Output> {
        Double::output(self, command)
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        Double::write(self, path, text)
    }

    fn pause(&self) {
        Double::pause(self);
    }
}

#[test]
fn an_epair_of_any_number_gets_its_names() {
    let shell = Double::answering(&[("ifconfig epair create", 0, "epair7a\n")]);
    carry_out(&[Step::MakeEpair { host: "x_h".to_owned(), jail: "x_j".to_owned() }], &shell).unwrap();
    assert_eq!(shell.ran(), "ifconfig epair create\nifconfig epair7a name x_h\nifconfig epair7b name x_j");
}

#[test]
fn stopping_what_is_gone_only_looks() {
    let shell = Double::answering(&[("jls", 1, ""), ("ifconfig", 1, ""), ("cat", 1, ""), ("mount", 0, "")]);
    carry_out(&plan::stop(&deployment()), &shell).unwrap();
    insta::assert_snapshot!(shell.ran());
}

#[test]
fn stopping_what_is_busy_tries_again_and_then_forces() {
    const MOUNTED: &str = "/r on /var/run/jailbuild/schoolchat (nullfs, local, read-only)\n";
    let mut answers = vec![("jls", 1, ""), ("ifconfig", 1, ""), ("cat", 1, "")];
    // Two looks for the inner mounts, then one before each of six tries.
    answers.extend([("mount", 0, MOUNTED); 8]);
    answers.push(("mount", 0, ""));
    let shell = Double::answering(&answers);
    carry_out(&plan::stop(&deployment()), &shell).unwrap();
    assert_eq!(shell.ran().matches("umount /var/run/jailbuild/schoolchat").count(), 5);
    assert!(shell.ran().contains("umount -f /var/run/jailbuild/schoolchat"));
}

#[test]
fn stopping_what_stays_is_an_error() {
    let shell = Double::answering(&[("jls", 0, "7\n"), ("cat", 1, ""), ("mount", 0, "")]);
    let error = carry_out(&plan::stop(&deployment()), &shell).unwrap_err();
    assert_eq!(error.to_string(), "`jail -q -R schoolchat` did not help: what it removes is still there");
}

#[test]
fn only_a_supervisor_is_ended_by_its_file() {
    let file = Step::EndSupervisor("/var/run/x.pid".into());
    let alive = Double::answering(&[("cat", 0, "906\n"), ("ps", 0, "daemon\n")]);
    carry_out(std::slice::from_ref(&file), &alive).unwrap();
    assert_eq!(
        alive.ran(),
        "cat /var/run/x.pid\nps -o comm= -p 906\nkill 906\npwait -t 15 906\nrm -f /var/run/x.pid"
    );
    for stale in ["sshd\n", ""] {
        let shell = Double::answering(&[("cat", 0, "906\n"), ("ps", 0, stale)]);
        carry_out(std::slice::from_ref(&file), &shell).unwrap();
        assert!(!shell.ran().contains("kill"));
    }
}

#[test]
fn a_failing_step_ends_the_start() {
    let shell = Double::answering(&[("mount", 1, "")]);
    let steps = [Step::Run(Command::new("mount")), Step::Run(Command::new("jail"))];
    assert_eq!(carry_out(&steps, &shell).unwrap_err().to_string(), "`mount` failed: ");
    assert_eq!(shell.ran(), "mount");
}
