//! Somebody at a terminal, who is asked for a secret.

use std::{
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{consts::SIGINT, flag, low_level};

/// Whether an interrupt ends this process at once, as it does without us.
static ENDS_AT_ONCE: LazyLock<io::Result<Arc<AtomicBool>>> = LazyLock::new(|| {
    let ends_at_once = Arc::new(AtomicBool::new(true));
    flag::register_conditional_default(SIGINT, Arc::clone(&ends_at_once)).map(|_| ends_at_once)
});

/// Asks for something that nobody sees. Who interrupts it ends this process, and finds the terminal as it was: the signal
/// waits until that is so.
pub fn ask_unseen(prompt: &str) -> io::Result<String> {
    let ends_at_once =
        ENDS_AT_ONCE.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    ends_at_once.store(false, Ordering::SeqCst);
    let answer = rpassword::prompt_password(prompt);
    ends_at_once.store(true, Ordering::SeqCst);
    if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
        low_level::emulate_default_handler(SIGINT)?;
    }
    answer
}
