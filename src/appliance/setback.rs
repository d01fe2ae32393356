//! What is said where a change did not come about, and what is left behind by that.

use std::fmt::Display;

use crate::error::Error;

/// It is as it was before, and does not start; which may have been so before, and is not in the way of what cures it.
pub(super) fn still_down(name: &str, why: &Error, fault: &dyn Display) -> Error {
    Error::failed_with_hint(
        format_args!("{why}; and `{name}` does not start as it was before: {fault}"),
        format_args!(
            "nothing is lost, and nothing is under way: `jailbuild start {name}` tries again; another image or a backup may be the cure, and is started with that, too"
        ),
    )
}

/// It is half way, and can be taken back.
pub(super) fn stuck(name: &str, why: &str) -> Error {
    Error::failed_with_hint(
        why,
        format_args!("nothing is lost: mend that, then type `jailbuild rollback {name}`"),
    )
}
