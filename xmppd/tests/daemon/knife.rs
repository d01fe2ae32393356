//! A way to the server that breaks: abruptly, after any byte, in either direction.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Carries connections to a server, and cuts each of them for as long as it is sharp.
pub(crate) struct Knife {
    pub(crate) address: SocketAddr,
    sharpness: Arc<Sharpness>,
}

struct Sharpness {
    is_sharp: AtomicBool,
    dice: AtomicU64,
    /// Connections that still look alive to the server.
    ghosts: Mutex<VecDeque<TcpStream>>,
}

/// How many connections may look alive at a time.
const GHOSTS: usize = 50;

impl Knife {
    /// A blunt one. The same seed throws the same dice.
    pub(crate) async fn before(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let sharpness = Arc::new(Sharpness {
            is_sharp: AtomicBool::new(false),
            dice: AtomicU64::new(seed),
            ghosts: Mutex::default(),
        });
        let shared = Arc::clone(&sharpness);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, sharpness }
    }

    pub(crate) fn sharpen(&self) {
        self.sharpness.is_sharp.store(true, Ordering::Relaxed);
    }

    pub(crate) fn blunt(&self) {
        self.sharpness.is_sharp.store(false, Ordering::Relaxed);
    }
}

impl Sharpness {
    /// After how many bytes more a connection breaks: while it logs in, or soon after.
    fn budget(&self) -> usize {
        usize::try_from(self.throw() % 24_000).unwrap()
    }

    /// The client's end is reset; and the server's, or it does not hear of it.
    fn cut(&self, client: &TcpStream, server: TcpStream) {
        let _ = client.set_zero_linger(); // it may be gone by itself
        if self.throw().is_multiple_of(2) {
            let _ = server.set_zero_linger();
            return;
        }
        let mut ghosts = self.ghosts.lock().unwrap();
        ghosts.push_back(server);
        if ghosts.len() > GHOSTS {
            ghosts.pop_front();
        }
    }

    fn throw(&self) -> u64 {
        // SplitMix64.
        let mut dice = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        dice = (dice ^ (dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        dice = (dice ^ (dice >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        dice ^ (dice >> 31)
    }
}

/// Carries bytes both ways until an end closes, or the knife comes down: then what was under way is lost.
async fn carry(mut client: TcpStream, mut server: TcpStream, sharpness: Arc<Sharpness>) {
    let (mut up, mut down) = ([0; 4096], [0; 4096]);
    let mut budget = sharpness.budget();
    loop {
        let (count, bytes, to) = tokio::select! {
            count = client.read(&mut up) => (count, &up, &mut server),
            count = server.read(&mut down) => (count, &down, &mut client),
        };
        let Ok(count @ 1..) = count else { return };
        let is_sharp = sharpness.is_sharp.load(Ordering::Relaxed);
        let carried = if is_sharp { count.min(budget) } else { count };
        if to.write_all(&bytes[..carried]).await.is_err() {
            return;
        }
        if carried < count {
            sharpness.cut(&client, server);
            return;
        }
        budget -= if is_sharp { count } else { 0 };
    }
}
