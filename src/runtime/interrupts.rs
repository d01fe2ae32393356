//! What is put right when a signal ends this process.
//!
//! On Linux everything is tied to a process and goes with it. A jail, its mounts and its rules stay: so they are
//! taken down first. By handlers, not by blocked signals: those would stay blocked in every program started from here.

use std::{
    process,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::error::{Context as _, Result};

/// What this process would leave behind.
static LEFT: List = List::new();

static POSTPONED: Mutex<()> = Mutex::new(());

/// Has `undo` run should SIGHUP, SIGINT or SIGTERM end this process, before what was asked for earlier; until the
/// caller lets go of what is returned.
pub(crate) fn undo_when_interrupted(undo: impl Fn() + Send + 'static) -> Result<Asked> {
    static LISTENING: Once = Once::new();
    if !LISTENING.is_completed() {
        let signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).doing("listen for signals")?;
        LISTENING.call_once(|| drop(thread::spawn(move || wait_in(signals))));
    }
    Ok(LEFT.add(undo))
}

/// Keeps a signal waiting until the caller lets go of what is returned: for what cannot be undone half-way.
pub(crate) fn postpone() -> MutexGuard<'static, ()> {
    POSTPONED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_in(mut signals: Signals) {
    if let Some(signal) = signals.forever().next() {
        let _now = postpone();
        LEFT.undo_all();
        process::exit(128 + signal);
    }
}

type Undo = Box<dyn Fn() + Send>;

/// What is to be undone, each with its number, in the order in which it was asked for.
struct List(Mutex<(u64, Vec<(u64, Undo)>)>);

impl List {
    const fn new() -> Self {
        Self(Mutex::new((0, Vec::new())))
    }

    fn add(&'static self, undo: impl Fn() + Send + 'static) -> Asked {
        let mut list = self.lock();
        list.0 += 1;
        let number = list.0;
        list.1.push((number, Box::new(undo)));
        Asked { list: self, number }
    }

    fn undo_all(&self) {
        // Kept locked: whoever lets go meanwhile waits for the end of this process, instead of undoing the same.
        self.lock().1.iter().rev().for_each(|(_, undo)| undo());
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<(u64, Undo)>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is to be undone; to let go of it means that it was.
pub(crate) struct Asked {
    list: &'static List,
    number: u64,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.list.lock().1.retain(|(number, _)| *number != self.number);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_left_is_undone_last_first() {
        static LIST: List = List::new();
        let (say, said) = mpsc::channel();
        let saying = |word: &'static str| {
            let say = say.clone();
            move || say.send(word).unwrap()
        };
        let _first = LIST.add(saying("first"));
        let second = LIST.add(saying("second"));
        let _third = LIST.add(saying("third"));
        drop(second);
        LIST.undo_all();
        assert_eq!(said.try_iter().collect::<Vec<_>>(), ["third", "first"]);
    }
}
