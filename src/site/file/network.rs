//! What clients connect to: `[network]`, `[web]` and `[upload]`, none of which may be in another's way.

use ipnet::Ipv4Net;
use toml::Spanned;

use super::{
    Reader,
    tables::{NetworkTable, UploadTable, WebTable},
};
use crate::{
    error::Result,
    site::{
        Link, MediaRange, Mistake, Network, Upload, Web, WebOrigin, limits,
        network::{client_port, private_network, refuse_overlap},
        web,
    },
};

impl Reader<'_> {
    pub(super) fn network(&self, table: &NetworkTable) -> Result<Network> {
        let usual = Network::usual();
        let link = table.link.as_ref().map_or(Ok(usual.link), |link| self.value(link, Link::parse))?;
        let starttls = self.port(table.starttls.as_ref(), usual.starttls)?;
        let direct_tls = self.port(table.direct_tls.as_ref(), usual.direct_tls)?;
        if starttls == direct_tls {
            let at = table.direct_tls.as_ref().or(table.starttls.as_ref()).map_or(0..0, Spanned::span);
            let mistake = Mistake::new(
                format!("port {starttls} cannot be for STARTTLS and for direct TLS"),
                "give each its own: `5222` and `5223` are what clients try first",
            );
            return Err(self.mistake(at, mistake));
        }
        Ok(Network { link, lan: self.lan(table.lan.as_ref(), link)?, starttls, direct_tls })
    }

    pub(super) fn web(&self, table: &WebTable, network: &Network) -> Result<Web> {
        let port = self.port(table.port.as_ref(), 5443)?;
        if [network.starttls, network.direct_tls].contains(&port) {
            let at = table.port.as_ref().map_or(0..0, Spanned::span);
            let mistake = Mistake::new(
                format!("port {port} cannot be for XMPP and for the web"),
                "give the web its own: `5443`, or any other from 1024",
            );
            return Err(self.mistake(at, mistake));
        }
        Ok(Web { enabled: table.enabled, port, origins: self.values(&table.origins, WebOrigin::parse)? })
    }

    pub(super) fn upload(&self, table: &UploadTable, web: &Web) -> Result<Upload> {
        if let Some(enabled) = table.enabled.as_ref().filter(|enabled| *enabled.get_ref() && !web.enabled) {
            let mistake = Mistake::new(
                "files are shared through the web port, which is off",
                "add `enabled = true` to `[web]`",
            );
            return Err(self.mistake(enabled.span(), mistake));
        }
        Ok(Upload {
            enabled: table.enabled.as_ref().is_some_and(|enabled| *enabled.get_ref()),
            max_bytes: self.bounded(table.max_bytes.as_ref(), &limits::UPLOAD_MAX_BYTES)?,
            quota_bytes: self.bounded(table.quota_bytes.as_ref(), &limits::UPLOAD_QUOTA_BYTES)?,
            total_bytes: self.bounded(table.total_bytes.as_ref(), &limits::UPLOAD_TOTAL_BYTES)?,
            days: self.bounded(table.days.as_ref(), &limits::UPLOAD_DAYS)?,
            types: match &table.types {
                Some(types) => self.values(types, MediaRange::parse)?,
                None => web::TYPES
                    .iter()
                    .map(|one| self.default(one, MediaRange::parse))
                    .collect::<Result<_>>()?,
            },
        })
    }

    fn lan(&self, ranges: Option<&Spanned<Vec<Spanned<String>>>>, link: Link) -> Result<Vec<Ipv4Net>> {
        let Some(ranges) = ranges else { return Ok(Network::usual().lan) };
        let mut lan = Vec::new();
        for text in ranges.get_ref() {
            let range = self.value(text, private_network)?;
            refuse_overlap(range, link, &lan).map_err(|mistake| self.mistake(text.span(), mistake))?;
            lan.push(range);
        }
        if lan.is_empty() {
            let mistake = Mistake::new(
                "no client could connect",
                "name the school's network, such as `192.168.1.0/24`",
            );
            return Err(self.mistake(ranges.span(), mistake));
        }
        Ok(lan)
    }

    fn port(&self, port: Option<&Spanned<i64>>, default: u16) -> Result<u16> {
        let Some(port) = port else { return Ok(default) };
        client_port(*port.get_ref()).map_err(|mistake| self.mistake(port.span(), mistake))
    }
}
