//! A real `xmppd serve` with a certificate of its own, in a folder that goes away.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

pub(crate) const DOMAIN: &str = "school.test";
pub(crate) const PASSWORD: &str = "pencil pencil";

/// What it has logged.
#[derive(Default)]
struct Log {
    text: Mutex<String>,
    /// Whether nobody is to read on.
    is_over: AtomicBool,
}

/// How long anything may take; on a busy machine most of it is waiting for a processor.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Server {
    process: Child,
    pub(crate) folder: TempDir,
    pub(crate) starttls: SocketAddr,
    pub(crate) direct_tls: SocketAddr,
    /// Where it speaks HTTPS, if it was started so.
    pub(crate) web: SocketAddr,
    _claim: UdpSocket,
    authority: CertifiedIssuer<'static, KeyPair>,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with these accounts, whose password is [`PASSWORD`].
    pub(crate) fn start(names: &[&str]) -> Self {
        Self::start_with(names, "")
    }

    /// Starts a server with more lines in its settings.
    pub(crate) fn start_with(names: &[&str], settings: &str) -> Self {
        Self::start_on(Ports::claim(), names, settings)
    }

    /// Starts a server that speaks HTTPS as well, with more lines in its settings.
    pub(crate) fn start_web(names: &[&str], settings: &str) -> Self {
        let ports = Ports::claim();
        let web = format!("[web]\nenabled = true\nport = {}\n{settings}", ports.addresses[2].port());
        Self::start_on(ports, names, &web)
    }

    fn start_on(ports: Ports, names: &[&str], settings: &str) -> Self {
        let Ports { addresses: [starttls, direct_tls, web], claim } = ports;
        let folder = TempDir::new().unwrap();
        let authority = authority();
        fs::create_dir(folder.path().join("data")).unwrap();
        issue(&authority, folder.path());
        let text = format!(
            "domain = {DOMAIN:?}\norganisation = \"The School\"\n{settings}\n[listen]\naddresses = [\"127.0.0.1\"]\n\
             starttls = {}\ndirect-tls = {}\n",
            starttls.port(),
            direct_tls.port()
        );
        fs::write(folder.path().join("xmppd.toml"), text).unwrap();
        for name in names {
            add_account(folder.path(), name);
        }
        let log = Arc::default();
        let (process, reader) = serve(folder.path(), &log);
        Self {
            process,
            folder,
            starttls,
            direct_tls,
            web,
            _claim: claim,
            authority,
            log,
            reader: Some(reader),
        }
    }

    /// Starts it again, on the same folder and ports, after it has ended.
    pub(crate) fn restart(&mut self) {
        self.ended();
        self.start_again();
    }

    /// The same, after it was waited for.
    pub(crate) fn start_again(&mut self) {
        let (process, reader) = serve(self.folder.path(), &self.log);
        (self.process, self.reader) = (process, Some(reader));
    }

    /// Everything it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().unwrap().clone()
    }

    /// Nobody reads its log any more, as when its supervisor was killed.
    pub(crate) fn lose_log(&mut self) {
        self.log.is_over.store(true, Ordering::SeqCst);
        self.signal(Signal::SIGHUP);
        self.reader.take().unwrap().join().unwrap();
    }

    /// Runs `xmppd user …` on its data folder.
    pub(crate) fn user(&self, arguments: &[&str]) -> Output {
        self.run("user", arguments, "")
    }

    /// Runs an `xmppd` command on its data folder, with this on standard input.
    pub(crate) fn run(&self, command: &str, arguments: &[&str], input: &str) -> Output {
        run(self.folder.path(), command, arguments, input)
    }

    /// What its clients trust.
    pub(crate) fn authority(&self) -> CertificateDer<'static> {
        self.authority.der().clone()
    }

    /// Puts a new certificate in place of the old one; answers with its leaf.
    pub(crate) fn renew(&self) -> CertificateDer<'static> {
        issue(&self.authority, self.folder.path())
    }

    /// Changes the text of its settings.
    pub(crate) fn edit(&self, edit: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("xmppd.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, edit(text)).unwrap();
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                self.reader.take().map(JoinHandle::join).transpose().unwrap();
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The files of its data folder that hold these bytes, or have them in their name.
    pub(crate) fn files_with(&self, mark: &str) -> Vec<String> {
        files_below(&self.folder.path().join("data"))
            .into_iter()
            .filter(|file| {
                let holds = |bytes: &[u8]| memchr::memmem::find(bytes, mark.as_bytes()).is_some();
                holds(file.as_os_str().as_encoded_bytes()) || fs::read(file).is_ok_and(|bytes| holds(&bytes))
            })
            .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned())
            .collect()
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.flat_map(|entry| match entry.file_type().unwrap() {
        kind if kind.is_dir() => files_below(&entry.path()),
        kind if kind.is_file() => vec![entry.path()],
        _ => Vec::new(),
    });
    files.collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs `xmppd serve`, and waits until it is ready.
fn serve(folder: &Path, log: &Arc<Log>) -> (Child, JoinHandle<()>) {
    let mut process = xmppd(folder)
        .args(["serve", "--config", "xmppd.toml", "--data", "data"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (ready, is_ready) = mpsc::channel();
    let stderr = BufReader::new(process.stderr.take().unwrap());
    let reader = thread::spawn({
        let log = Arc::clone(log);
        move || {
            for line in stderr.lines().map_while(Result::ok) {
                if line.contains("ready") {
                    let _ = ready.send(());
                }
                let mut text = log.text.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
                if log.is_over.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
    });
    assert!(is_ready.recv_timeout(LIMIT).is_ok(), "the server does not start:\n{}", log.text.lock().unwrap());
    (process, reader)
}

/// Runs an `xmppd` command on the data folder below this one, with this on standard input.
pub(crate) fn run(folder: &Path, command: &str, arguments: &[&str], input: &str) -> Output {
    let mut process = xmppd(folder)
        .arg(command)
        .args(arguments)
        .arg("--data")
        .arg(folder.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

fn xmppd(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xmppd"));
    command.current_dir(folder).env_remove("XMPPD_LOG");
    command
}

fn add_account(folder: &Path, name: &str) {
    let added = run(
        folder,
        "user",
        &["add", name, "--kind", "teacher", "--password-stdin"],
        &format!("{PASSWORD}\n"),
    );
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
}

/// Ports for one server, for as long as it is there.
struct Ports {
    addresses: [SocketAddr; 3],
    claim: UdpSocket,
}

impl Ports {
    /// The first three that nobody has. Whoever looks for ports, in this process or in another, claims them by a socket
    /// of UDP, which is in nobody's way, before a server listens there. They lie below those that connections get by
    /// themselves (ip(7)).
    fn claim() -> Self {
        let address = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let claimed = (20_000..32_000).step_by(4).find_map(|first| {
            let claim = UdpSocket::bind(address(first)).ok()?;
            let addresses = [first, first + 1, first + 2].map(address);
            let are_free = addresses.iter().all(|address| TcpListener::bind(address).is_ok());
            are_free.then_some(Self { addresses, claim })
        });
        claimed.expect("three free ports")
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a new leaf and its key where the settings expect them.
fn issue(authority: &CertifiedIssuer<'static, KeyPair>, folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec![DOMAIN.to_owned()]).unwrap();
    let leaf = parameters.signed_by(&key, authority).unwrap();
    fs::write(folder.join("chain.pem"), leaf.pem() + &authority.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    leaf.der().clone()
}

/// Waits until it is so.
pub(crate) async fn eventually(so: impl FnMut() -> bool, what: &str) {
    eventually_by_progress(|| 0, so, what).await;
}

/// Waits until it is so, however long that takes, as long as there is progress.
pub(crate) async fn eventually_by_progress(
    progress: impl Fn() -> usize,
    mut so: impl FnMut() -> bool,
    what: &str,
) {
    let (mut reached, mut deadline) = (progress(), Instant::now() + LIMIT);
    while !so() {
        if progress() != reached {
            (reached, deadline) = (progress(), Instant::now() + LIMIT);
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
