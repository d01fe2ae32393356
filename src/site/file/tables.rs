//! The tables of `jailbuild.toml`: which keys there are, and of what kind.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) domain: Spanned<String>,
    pub(super) organisation: Spanned<String>,
    pub(super) name: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) show_version: bool,
    pub(super) languages: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) flavor: Option<Spanned<String>>,
    pub(super) base: Option<Spanned<String>>,
    pub(super) base_sha256: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) network: NetworkTable,
    #[serde(default)]
    pub(super) tls: TlsTable,
    #[serde(default)]
    pub(super) login: LoginTable,
    #[serde(default)]
    pub(super) roster: RosterTable,
    #[serde(default)]
    pub(super) limits: LimitsTable,
    #[serde(default)]
    pub(super) rooms: RoomsTable,
    #[serde(default)]
    pub(super) room: Vec<RoomTable>,
    #[serde(default)]
    pub(super) web: WebTable,
    #[serde(default)]
    pub(super) upload: UploadTable,
    #[serde(default)]
    pub(super) backup: BackupTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct NetworkTable {
    pub(super) link: Option<Spanned<String>>,
    pub(super) lan: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) starttls: Option<Spanned<i64>>,
    pub(super) direct_tls: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct TlsTable {
    pub(super) leaf_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct LoginTable {
    #[serde(default)]
    pub(super) plain: bool,
    pub(super) token_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct RosterTable {
    pub(super) visibility: Option<Spanned<String>>,
    pub(super) sees_everyone: Option<Vec<Spanned<String>>>,
    pub(super) contacts: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct LimitsTable {
    pub(super) stanza_bytes: Option<Spanned<i64>>,
    pub(super) bytes_per_second: Option<Spanned<i64>>,
    pub(super) burst_bytes: Option<Spanned<i64>>,
    pub(super) connections: Option<Spanned<i64>>,
    pub(super) connections_per_address: Option<Spanned<i64>>,
    pub(super) unauthenticated_seconds: Option<Spanned<i64>>,
    pub(super) resources_per_account: Option<Spanned<i64>>,
    pub(super) resumption_seconds: Option<Spanned<i64>>,
    pub(super) offline_messages: Option<Spanned<i64>>,
    pub(super) offline_bytes: Option<Spanned<i64>>,
    pub(super) offline_days: Option<Spanned<i64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct WebTable {
    #[serde(default)]
    pub(super) enabled: bool,
    pub(super) port: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) origins: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct UploadTable {
    pub(super) enabled: Option<Spanned<bool>>,
    pub(super) max_bytes: Option<Spanned<i64>>,
    pub(super) quota_bytes: Option<Spanned<i64>>,
    pub(super) total_bytes: Option<Spanned<i64>>,
    pub(super) days: Option<Spanned<i64>>,
    pub(super) types: Option<Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct BackupTable {
    #[serde(default)]
    pub(super) recipients: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct RoomsTable {
    pub(super) creators: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table", rename_all = "kebab-case")]
pub(super) struct RoomTable {
    pub(super) name: Spanned<String>,
    pub(super) title: Spanned<String>,
    #[serde(default)]
    pub(super) groups: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) moderators: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) owners: Vec<Spanned<String>>,
}
