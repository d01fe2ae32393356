//! What starting under namespaces needs.

use super::{Check, limited, ok};
use crate::runtime::linux;

pub(super) fn checks() -> Vec<Check> {
    vec![
        linux::available().map_or_else(
            |lack| limited("namespaces", &format!("{}; images are made", lack.why), &lack.hint),
            |()| ok("namespaces", "appliances can be started here"),
        ),
        linux::find_nft().map_or_else(
            || limited("firewall", "there is no `nft`, so it is not checked", "`apt install nftables`"),
            |path| ok("firewall", &path.display().to_string()),
        ),
    ]
}
