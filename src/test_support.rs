//! What tests of several rooms share.

pub(crate) mod transcript;

/// Says why a test could not run here. In CI, where everything is at hand, that is a failure.
///
/// # Panics
/// If the environment variable `CI` is set.
#[expect(clippy::print_stderr, reason = "it is for the one who runs the tests")]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "cannot be skipped in CI: {why}");
    eprintln!("skipped: {why}");
}
