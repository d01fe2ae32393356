//! The daemon under load, with a folder of its own that goes away with it.

use std::{
    fs,
    io::Write,
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use miette::{IntoDiagnostic, Result, miette};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};

use crate::{
    client::Connection,
    load::{Load, Pair, free_port},
};

const PASSWORD: &str = "correct horse battery staple";

/// CPU microseconds for each message through the daemon.
pub(crate) fn measure(program: &Path, load: &Load, window: usize) -> Result<f64> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    let certificate = Certificate::write(folder.path())?;
    let (starttls, direct_tls) = (free_port()?, free_port()?);
    let settings = folder.path().join("xmppd.toml");
    fs::write(&settings, configuration(starttls, direct_tls)).into_diagnostic()?;
    let data = folder.path().join("data");
    fs::create_dir(&data).into_diagnostic()?;
    for index in 0..load.pairs {
        add_account(program, &data, &format!("w{index}"))?;
        add_account(program, &data, &format!("r{index}"))?;
    }
    let daemon = Command::new(program)
        .arg("serve")
        .args([Path::new("--config"), &settings, Path::new("--data"), &data])
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| miette!("cannot start `{}`: {error}", program.display()))?;
    let daemon = Running::wait_for(daemon, direct_tls)?;
    let pairs = (0..load.pairs)
        .map(|index| {
            let mut reader = Connection::open(direct_tls, &certificate.tls)?;
            reader.log_in(&format!("r{index}"), PASSWORD)?;
            let mut writer = Connection::open(direct_tls, &certificate.tls)?;
            writer.log_in(&format!("w{index}"), PASSWORD)?;
            Ok(Pair { writer, reader, to: format!("r{index}@bench.test/b") })
        })
        .collect::<Result<Vec<_>>>()?;
    load.run(pairs, window, daemon.pid())
}

/// The limits are those of a school, but for the rate shaper, which would be all that is measured.
fn configuration(starttls: SocketAddr, direct_tls: SocketAddr) -> String {
    format!(
        r#"
domain = "bench.test"
organisation = "Bench"
[listen]
addresses = ["127.0.0.1"]
starttls = {}
direct-tls = {}
[tls]
chain = "chain.pem"
key = "key.pem"
[limits]
bytes-per-second = 1000000000
burst-bytes = 1000000000
connections-per-address = 2000
"#,
        starttls.port(),
        direct_tls.port()
    )
}

fn add_account(program: &Path, data: &Path, name: &str) -> Result<()> {
    let mut command = Command::new(program)
        .args(["user", "add", name, "--password-stdin", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| miette!("cannot start `{}`: {error}", program.display()))?;
    let mut input = command.stdin.take().ok_or_else(|| miette!("no pipe"))?;
    writeln!(input, "{PASSWORD}").into_diagnostic()?;
    drop(input);
    let status = command.wait().into_diagnostic()?;
    if status.success() { Ok(()) } else { Err(miette!("`xmppd user add {name}` failed: {status}")) }
}

/// A process that is ended when this value goes.
pub(crate) struct Running(Child);

impl Running {
    /// Waits until something answers at `address`, ten seconds at most.
    pub(crate) fn wait_for(child: Child, address: SocketAddr) -> Result<Self> {
        let running = Self(child);
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if TcpStream::connect(address).is_ok() {
                return Ok(running);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(miette!("nothing answers at {address}"))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The certificate of a run, and a client's configuration that trusts it alone.
pub(crate) struct Certificate {
    pub(crate) tls: Arc<ClientConfig>,
}

impl Certificate {
    /// Makes a certificate and writes it as `chain.pem` and `key.pem`.
    pub(crate) fn write(folder: &Path) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(["bench.test".to_owned()]).into_diagnostic()?;
        fs::write(folder.join("chain.pem"), made.cert.pem()).into_diagnostic()?;
        fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).into_diagnostic()?;
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).into_diagnostic()?;
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: Arc::new(tls) })
    }

    /// Reads it back as a server has it.
    pub(crate) fn read(folder: &Path) -> Result<Arc<ServerConfig>> {
        let chain = CertificateDer::from_pem_file(folder.join("chain.pem")).into_diagnostic()?;
        let key = PrivatePkcs8KeyDer::from_pem_file(folder.join("key.pem")).into_diagnostic()?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![chain], PrivateKeyDer::Pkcs8(key))
            .into_diagnostic()?;
        Ok(Arc::new(config))
    }
}
