//! Our daemon, with a folder of its own that goes away with the run.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use miette::{IntoDiagnostic, Result, miette};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Account, Beginning, Language, Running, Server, certificate, free_port};
use crate::{charge::Processes, cores::Cores};

const DOMAIN: &str = "bench.test";
const PASSWORD: &str = "correct horse battery staple";

/// A daemon that can be started again and again, with the same accounts.
pub(crate) struct Xmppd {
    program: PathBuf,
    folder: TempDir,
    accounts: Arc<[Account]>,
}

impl Xmppd {
    /// Writes its settings, and has it make that many accounts, the first of them an administrator's: rooms are made
    /// by one.
    pub(crate) async fn prepare(program: &Path, count: usize, cores: &Cores) -> Result<Self> {
        let account = |index| Account { name: format!("user{index}"), password: PASSWORD.to_owned() };
        let daemon = Self {
            program: program.to_owned(),
            folder: tempfile::tempdir().into_diagnostic()?,
            accounts: (0..count).map(account).collect(),
        };
        certificate::write(daemon.folder.path(), DOMAIN)?;
        fs::create_dir(daemon.data()).into_diagnostic()?;
        let running = daemon.start(Beginning::Direct, cores).await?;
        daemon.fill()?;
        drop(running);
        Ok(daemon)
    }

    /// Starts it.
    pub(crate) async fn start(&self, beginning: Beginning, cores: &Cores) -> Result<Server> {
        let (starttls, direct) = (free_port()?, free_port()?);
        let settings = self.folder.path().join("xmppd.toml");
        fs::write(&settings, configuration(starttls, direct)).into_diagnostic()?;
        let address = if beginning == Beginning::Direct { direct } else { starttls };
        let mut command = Command::new(&self.program);
        command.arg("serve").args([Path::new("--config"), &settings, Path::new("--data"), &self.data()]);
        let running = Running::start(command.stderr(Stdio::null()), address, cores).await?;
        Ok(Server {
            address,
            beginning,
            language: Language::Xmpp,
            domain: DOMAIN.to_owned(),
            tls: certificate::trusted(&self.folder.path().join("chain.pem"))?,
            accounts: Arc::clone(&self.accounts),
            processes: Processes::new(vec![running.process()]),
            _running: Some(running),
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Over the control socket: one process an account would take longer than all that is measured.
    fn fill(&self) -> Result<()> {
        let mut socket = UnixStream::connect(self.data().join("control.sock")).into_diagnostic()?;
        let mut answers = BufReader::new(socket.try_clone().into_diagnostic()?).lines();
        let kind = |index| if index == 0 { "administrator" } else { "teacher" };
        let add = |(index, Account { name, password }): (usize, &Account)| json!({ "add-user": { "name": name, "password": password, "kind": kind(index) } });
        let acts: Vec<_> = self.accounts.iter().enumerate().map(add).collect();
        let line = json!({ "version": 2, "request": { "change": { "acts": acts } } });
        writeln!(socket, "{line}").into_diagnostic()?;
        let answer = answers.next().ok_or_else(|| miette!("the daemon hung up"))?.into_diagnostic()?;
        let answer: Value = serde_json::from_str(&answer).into_diagnostic()?;
        match answer["answer"]["changed"].as_array() {
            Some(outcomes) if outcomes.iter().all(|outcome| outcome == "done") => Ok(()),
            _ => Err(miette!("the daemon did not add the accounts: {answer}")),
        }
    }
}

/// The limits are those of a school, but for those that would be all that is measured: how fast one client may send, and
/// how many may come from one address.
fn configuration(starttls: SocketAddr, direct: SocketAddr) -> String {
    format!(
        r#"
domain = "{DOMAIN}"
organisation = "Bench"
[listen]
addresses = ["127.0.0.1"]
starttls = {}
direct-tls = {}
[tls]
chain = "chain.pem"
key = "key.pem"
[limits]
bytes-per-second = 1073741824
burst-bytes = 1073741824
connections = 100000
connections-per-address = 100000
unauthenticated-seconds = 600
"#,
        starttls.port(),
        direct.port()
    )
}
