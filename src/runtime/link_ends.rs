//! What the two ends of the link between host and jail are called.

use crate::{
    error::{Error, Result},
    policy::Policy,
};

/// The longest name that both FreeBSD and Linux accept for an interface (`IFNAMSIZ` less the final zero).
const LONGEST: usize = 15;

/// The ends of one appliance's link.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkEnds {
    /// The host's: `NAME_h`.
    pub host: String,
    /// The jail's: `NAME_j`.
    pub jail: String,
}

impl LinkEnds {
    /// The ends of the link of the appliance that this policy is for.
    pub fn of(policy: &Policy) -> Result<Self> {
        let ends = Self { host: format!("{}_h", policy.name), jail: format!("{}_j", policy.name) };
        if ends.host.len() > LONGEST {
            return Err(Error::configuration(
                format_args!("`{}` is too long for the name of a network interface", ends.host),
                format_args!("give the appliance a name of at most {} letters", LONGEST - 2),
            ));
        }
        Ok(ends)
    }
}
