//! Any other server: one that runs already, or one that a command starts.

use std::{fs, path::PathBuf, process::Command, sync::Arc};

use miette::{Context, IntoDiagnostic, Result, miette};

use super::{Account, Beginning, Language, Running, Server, certificate};
use crate::{charge::Processes, cores::Cores};

/// Where it is, who may log in, and what is charged.
#[derive(clap::Args, Clone, Debug)]
#[group(id = "foreign", multiple = true)]
pub(crate) struct Foreign {
    /// Measure the server at this address instead of xmppd.
    #[arg(long, value_name = "IP:PORT", requires_all = ["domain", "accounts", "trust"])]
    pub(crate) address: Option<std::net::SocketAddr>,

    /// Its domain.
    #[arg(long, requires = "address")]
    domain: Option<String>,

    /// A file with a name and a password on each line. All of them should be in each other's roster.
    #[arg(long, value_name = "FILE", requires = "address")]
    accounts: Option<PathBuf>,

    /// The authority of its certificate, or the certificate itself (PEM).
    #[arg(long, value_name = "FILE", requires = "address")]
    trust: Option<PathBuf>,

    /// Its processes, if it runs already; what they have started is charged too.
    #[arg(long, value_name = "NUMBER", requires = "address", conflicts_with = "command")]
    pid: Vec<u32>,

    /// The command that starts it and stays in the foreground; run anew for each measurement.
    #[arg(long, requires = "address")]
    command: Option<String>,
}

impl Foreign {
    /// Finds it, or starts it.
    pub(crate) async fn start(&self, beginning: Beginning, cores: &Cores) -> Result<Server> {
        let missing = || miette!("a server is given by --address, --domain, --accounts and --trust");
        let address = self.address.ok_or_else(missing)?;
        let running = match &self.command {
            Some(line) => {
                let mut words = line.split_whitespace();
                let mut command = Command::new(words.next().unwrap_or_default());
                Some(Running::start(command.args(words), address, cores).await?)
            }
            None if self.pid.is_empty() => return Err(miette!("whom to charge? Give --pid or --command")),
            None => None,
        };
        let roots = running.as_ref().map_or_else(|| self.pid.clone(), |running| vec![running.process()]);
        let processes = Processes::new(roots);
        cores.claim(&processes)?;
        Ok(Server {
            address,
            beginning,
            language: Language::Xmpp,
            domain: self.domain.clone().ok_or_else(missing)?,
            tls: certificate::trusted(self.trust.as_deref().ok_or_else(missing)?)?,
            accounts: self.read_accounts()?,
            processes,
            _running: running,
        })
    }

    fn read_accounts(&self) -> Result<Arc<[Account]>> {
        let file = self.accounts.as_deref().ok_or_else(|| miette!("who may log in? Give --accounts"))?;
        let text = fs::read_to_string(file).into_diagnostic();
        let text = text.wrap_err_with(|| format!("cannot read `{}`", file.display()))?;
        let account = |(number, line): (usize, &str)| {
            let (name, password) = line.split_once(char::is_whitespace).ok_or_else(|| {
                miette!("`{}`, line {}: a name and a password, please", file.display(), number + 1)
            })?;
            Ok(Account { name: name.to_owned(), password: password.trim().to_owned() })
        };
        text.lines().enumerate().map(account).collect()
    }
}
