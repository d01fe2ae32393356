//! Somebody at a terminal, who is asked for a secret.

use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

use signal_hook::{consts::SIGINT, flag, low_level};

/// Asks for something that nobody sees. Who interrupts it ends this process, and finds the terminal as it was: the signal
/// waits until that is so.
pub fn ask_unseen(prompt: &str) -> io::Result<String> {
    let waiting = flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let answer = rpassword::prompt_password(prompt);
    low_level::unregister(waiting);
    if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
        low_level::emulate_default_handler(SIGINT)?;
    }
    answer
}
