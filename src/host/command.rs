//! Commands of the host: said aloud at `-v`, written down where they change a host for good, their complaints kept in the
//! error.

mod log;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

pub use self::log::log_to;
use crate::error::{Context as _, Error, Result};

/// How much of a command's complaints goes into an error: the end of it, where compilers say what was wrong.
const COMPLAINT_LINES: usize = 40;

static ECHO: AtomicBool = AtomicBool::new(false);

/// Whether each command is printed on standard error before it runs, as `-v` asks for.
pub fn echo(on: bool) {
    ECHO.store(on, Ordering::Relaxed);
}

/// A command of the host, not yet run.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    variables: BTreeMap<OsString, OsString>,
    inherits: bool,
    directory: Option<PathBuf>,
    input: Vec<u8>,
    limit: Option<Duration>,
}

/// How a command ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
}

impl Command {
    /// A command without arguments, with this process's environment and folder, and nothing on its standard input.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: BTreeMap::new(),
            inherits: true,
            directory: None,
            input: Vec::new(),
            limit: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Withholds this process's environment: the command sees the variables set here, and no others.
    #[must_use]
    pub fn without_environment(mut self) -> Self {
        self.inherits = false;
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Gives it these bytes on its standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Ends it when it takes longer than this, which is an error.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The program and its arguments.
    pub fn words(&self) -> Vec<String> {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// What it is given on its standard input.
    #[cfg(test)]
    pub(crate) fn given(&self) -> &[u8] {
        &self.input
    }

    /// Runs it to its end; a nonzero exit is an error with the command, its status and its complaints.
    pub fn run(&self) -> Result<Output> {
        let output = self.output()?;
        if output.code == Some(0) { Ok(output) } else { Err(self.failure(&output)) }
    }

    /// Runs it and takes what it printed, without the white space around it; a nonzero exit is an error.
    pub fn read(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.run()?.stdout).trim().to_owned())
    }

    /// Runs it to its end, whatever that end is. An error means that it could not be started at all.
    pub fn output(&self) -> Result<Output> {
        if ECHO.load(Ordering::Relaxed) {
            // Nothing can be done about a standard error that is closed.
            let _ = writeln!(io::stderr(), "+ {self}");
        }
        let ended = self.ended();
        log::record(self, status(ended.as_ref()));
        ended?.ok_or_else(|| self.too_slow())
    }

    /// How it ended; `None` when it had to be ended, since it took too long.
    fn ended(&self) -> Result<Option<Output>> {
        let running = self.expression().start().map_err(|cause| self.not_started(&cause))?;
        let ended = match self.limit {
            None => running.wait().map(Some),
            Some(limit) => running.wait_timeout(limit),
        };
        let Some(ended) = ended.doing(format_args!("wait for `{self}`"))?.cloned() else {
            running.kill().doing(format_args!("end `{self}`"))?;
            return Ok(None);
        };
        Ok(Some(Output { code: ended.status.code(), stdout: ended.stdout, stderr: ended.stderr }))
    }

    fn too_slow(&self) -> Error {
        let seconds = self.limit.unwrap_or_default().as_secs_f32();
        Error::failed(format_args!("`{self}` was ended: it took longer than {seconds} s"))
    }

    fn expression(&self) -> duct::Expression {
        let mut expression = duct::cmd(&self.program, &self.arguments)
            .stdin_bytes(self.input.as_slice())
            .stdout_capture()
            .stderr_capture()
            .unchecked();
        if self.inherits {
            for (name, value) in &self.variables {
                expression = expression.env(name, value);
            }
        } else {
            expression = expression.full_env(&self.variables);
        }
        match &self.directory {
            Some(directory) => expression.dir(directory),
            None => expression,
        }
    }

    fn not_started(&self, cause: &io::Error) -> Error {
        let program = self.program.display();
        match cause.kind() {
            io::ErrorKind::NotFound => Error::host(
                format_args!("cannot run `{program}`: not found"),
                "install it, or add its folder to `PATH`",
            ),
            _ => Error::failed(format_args!("cannot run `{self}`: {cause}")),
        }
    }

    fn failure(&self, output: &Output) -> Error {
        let status =
            output.code.map_or("was ended by a signal".to_owned(), |code| format!("exited with {code}"));
        let complaint = last_lines(&output.stderr, COMPLAINT_LINES);
        let separator = if complaint.is_empty() { "" } else { ":\n" };
        Error::failed(format_args!("`{self}` {status}{separator}{complaint}"))
    }
}

/// The command as one would type it; arguments that a shell would take apart are quoted.
impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", quoted(&self.program))?;
        self.arguments.iter().try_for_each(|argument| write!(formatter, " {}", quoted(argument)))
    }
}

/// Where the program `name` is, looked for in `PATH` as execvp(3) does.
pub fn find(name: &str) -> Option<PathBuf> {
    find_all(name).into_iter().next()
}

/// Every program called `name` in `PATH`, in its order.
pub fn find_all(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).filter(|file| is_executable(file)).collect()
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// A word as sh(1) reads it back: in quotes where it would be taken apart.
pub fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// How a command ended, in a word for the log.
fn status(ended: Result<&Option<Output>, &Error>) -> String {
    match ended {
        Ok(Some(Output { code: Some(code), .. })) => code.to_string(),
        Ok(Some(Output { code: None, .. })) => "signal".to_owned(),
        Ok(None) => "late".to_owned(),
        Err(_) => "failed".to_owned(),
    }
}

fn last_lines(text: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_printed() {
        assert_eq!(Command::new("printf").args(["%s ", "a", "b"]).read().unwrap(), "a b");
        assert_eq!(Command::new("cat").input(*b"given").read().unwrap(), "given");
    }

    #[test]
    fn a_failure_says_command_status_and_complaint() {
        let failure = Command::new("sh").args(["-c", "echo no such luck >&2; exit 3"]).run().unwrap_err();
        assert_eq!(
            failure.to_string(),
            "`sh -c 'echo no such luck >&2; exit 3'` exited with 3:\nno such luck"
        );
    }

    #[test]
    fn a_missing_program_is_the_hosts_lack() {
        let failure = Command::new("no-such-program-here").run().unwrap_err();
        assert_eq!(failure.exit_code(), 6);
        assert_eq!(failure.to_string(), "cannot run `no-such-program-here`: not found");
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let slow = Command::new("sleep").arg("60").limit(Duration::from_millis(100));
        assert_eq!(slow.read().unwrap_err().to_string(), "`sleep 60` was ended: it took longer than 0.1 s");
        let quick = Command::new("cat").input(*b"given").limit(Duration::from_secs(60));
        assert_eq!(quick.read().unwrap(), "given");
    }

    #[test]
    fn an_environment_can_be_withheld() {
        let command = Command::new("/usr/bin/env").without_environment().variable("ONLY", "this");
        assert_eq!(command.read().unwrap(), "ONLY=this");
    }
}
