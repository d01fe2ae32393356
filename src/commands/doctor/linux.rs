//! What starting under namespaces needs.

use crate::{checkup::Check, runtime::linux};

pub(super) fn checks() -> Vec<Check> {
    vec![
        linux::available().map_or_else(
            |lack| Check::limited("namespaces", format_args!("{}; images are made", lack.why), &lack.hint),
            |()| Check::ok("namespaces", "appliances can be started here"),
        ),
        linux::find_nft().map_or_else(
            || {
                Check::limited(
                    "firewall",
                    "there is no `nft`, so it is not checked",
                    "`apt install nftables`",
                )
            },
            |path| Check::ok("firewall", path.display()),
        ),
    ]
}
