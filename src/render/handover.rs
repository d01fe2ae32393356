//! The page for the volunteer of another school, who is handed an image and trusts neither us nor the way it came.

use serde::Serialize;

use super::{Template, render};
use crate::error::Result;

/// What the page says of the image beside it. It says nothing of the school that made it: the image holds none.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Handover {
    /// The image's file, such as `schoolchat-0.1.0-x86_64-unknown-freebsd.tar.gz`.
    pub file: String,
    /// Its version.
    pub version: String,
    /// The system and processor it runs on.
    pub target: String,
    /// `minimal` or `debug`.
    pub flavor: String,
    /// The namespace of its OpenSSH signature.
    pub signature_namespace: String,
}

impl Handover {
    /// The text of `HANDOVER.md`.
    ///
    /// # Errors
    /// [`crate::Error::Failed`] if the template is broken.
    pub fn render(&self) -> Result<String> {
        render(Template::Handover, self)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    const FREEBSD: &str = "x86_64-unknown-freebsd";

    fn page(flavor: &str, target: &str) -> String {
        let handover = Handover {
            file: format!("schoolchat-0.1.0-{target}.tar.gz"),
            version: "0.1.0".to_owned(),
            target: target.to_owned(),
            flavor: flavor.to_owned(),
            signature_namespace: "jailbuild".to_owned(),
        };
        handover.render().unwrap()
    }

    #[test]
    fn the_page_of_an_image() {
        insta::assert_snapshot!(page("minimal", FREEBSD));
    }

    #[test]
    fn the_page_of_a_debug_image_warns() {
        assert!(page("debug", FREEBSD).contains("not for children"));
        assert!(!page("minimal", FREEBSD).contains("not for children"));
    }

    #[test]
    fn only_an_image_for_freebsd_is_installed() {
        assert!(page("minimal", FREEBSD).contains("jailbuild install"));
        let linux = page("minimal", "x86_64-unknown-linux-gnu");
        assert!(linux.contains("for trying out") && !linux.contains("jailbuild install"));
    }
}
