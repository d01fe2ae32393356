//! A process that ends with its value.

use std::{
    net::SocketAddr,
    process::{Child, Command},
    time::Duration,
};

use miette::{Context, IntoDiagnostic, Result, miette};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::cores::Cores;

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(60);

/// A server that was started for this run.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it on the server's core, and waits until something answers at `address`.
    pub(crate) async fn start(command: &mut Command, address: SocketAddr, cores: &Cores) -> Result<Self> {
        let program = command.get_program().display().to_string();
        let child = cores.start(|| command.spawn()).into_diagnostic();
        let running = Self(child.wrap_err_with(|| format!("cannot start `{program}`"))?);
        let answered = timeout(START, async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        answered.await.map_err(|_| miette!("`{program}` does not answer at {address}"))?;
        Ok(running)
    }

    pub(crate) fn process(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(number) = i32::try_from(self.0.id()) {
            let _ = kill(Pid::from_raw(number), Signal::SIGTERM);
        }
        let _ = self.0.wait();
    }
}
