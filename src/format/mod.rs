//! The image in the wrapping that other tools take: the same root file system, byte for byte, without what only
//! `jailbuild install` can do with it.

pub mod oci;
