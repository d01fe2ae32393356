//! XEP-0363: users share files through the web port. Here they get their slots; `net::web` moves the bytes.
//!
//! | file | what it holds |
//! |---|---|
//! | [`terms`] | what the site allows |
//! | [`shelf`] | what has been shared and what is about to be; quotas that count both |
//!
//! A file that is encrypted from end to end (XEP-0454) is an `application/octet-stream` like any other.

pub mod shelf;
pub mod terms;

use std::sync::Arc;

use bytes::Bytes;

use super::{
    Answer, Feature, Reply, Request, Target, delay,
    disco::{Extension, is_query},
};
use crate::{
    ns,
    record::{Record, Shelf},
    router::Router,
    stanza::{Refusal, StanzaError},
    stream::{Action, Context},
    xml::{Escaped, Node},
};
pub use shelf::{Claim, Denial, File, Uploads};
pub use terms::{MediaRange, Terms, encoded};

/// Off, unless the site wants it.
pub const FEATURE: Feature = Feature {
    namespace: ns::UPLOAD,
    advertised: &[ns::UPLOAD],
    enabled: |settings| settings.upload.is_some(),
    extension: |settings| {
        let most = settings.upload.as_ref()?.most_bytes();
        Some(Extension { form_type: ns::UPLOAD, fields: vec![("max-file-size", most.to_string())] })
    },
    // XEP-0363 §3: some clients look for it among the items only.
    items: |settings| format!("<item jid='{}' name='HTTP File Upload'/>", Escaped(&settings.domain)),
    answer,
    forgot: |router, account, cx| {
        let names = router.uploads.forget(account);
        cx.erase_files(names);
    },
    shelves: &[Shelf::Upload],
    restore: |router, record| {
        let file = File::from_record(record.account()?, record.value.as_ref()?)?;
        router.uploads.restore(record.key.clone(), file);
        Some(())
    },
    ..Feature::DEFAULT
};

/// The longest name that a file may have.
const MOST_NAME_BYTES: usize = 255;

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    if request.target != Target::Server {
        return Err(StanzaError::ServiceUnavailable.into());
    }
    is_query(request, "request")?;
    let (Some(terms), Some(session)) = (&router.settings.upload, router.sessions.get(&request.session))
    else {
        return Err(StanzaError::ServiceUnavailable.into());
    };
    let file = wish(request.payload, &session.account, terms, cx)?;
    let (name, secret) = (cx.token() + &cx.token(), cx.token() + &cx.token());
    let url = Escaped(&format!("{}{name}/{}", terms.base, encoded(&file.name))).to_string();
    let reserved = router.uploads.reserve(name, file, &secret, terms, cx);
    reserved.map_err(|retry| {
        StanzaError::ResourceConstraint.with(format!(
            "<text xmlns='{}' xml:lang='en'>There is no room for the file</text><retry xmlns='{}' stamp='{}'/>",
            ns::STANZA_ERRORS,
            ns::UPLOAD,
            delay::stamp(retry)
        ))
    })?;
    Ok(Reply::Payload(format!(
        "<slot xmlns='{}'><put url='{url}'><header name='Authorization'>Bearer {secret}</header></put>\
         <get url='{url}'/></slot>",
        ns::UPLOAD
    )))
}

/// The file that the client would like to share, if the site allows it.
fn wish(payload: &Node, owner: &Arc<str>, terms: &Terms, cx: &Context<'_>) -> Result<File, Refusal> {
    let name = payload.attribute("filename").ok_or(StanzaError::BadRequest)?;
    let size = payload.attribute("size").and_then(|size| size.parse().ok()).filter(|size| *size > 0);
    let bytes: u64 = size.ok_or(StanzaError::BadRequest)?;
    let media_type = terms::media_type(payload.attribute("content-type").unwrap_or(terms::OCTETS));
    let media_type = media_type.ok_or(StanzaError::BadRequest)?;
    if name.is_empty() || name.len() > MOST_NAME_BYTES || name.contains(char::is_control) {
        return Err(StanzaError::BadRequest.into());
    }
    let most = terms.most_bytes();
    if bytes > most {
        return Err(StanzaError::NotAcceptable.with(format!(
            "<text xmlns='{}' xml:lang='en'>The file is too large: at most {most} bytes</text>\
             <file-too-large xmlns='{}'><max-file-size>{most}</max-file-size></file-too-large>",
            ns::STANZA_ERRORS,
            ns::UPLOAD
        )));
    }
    if !terms.types.iter().any(|range| range.contains(&media_type)) {
        return Err(StanzaError::NotAcceptable.with(format!(
            "<text xmlns='{}' xml:lang='en'>Files of this type are not shared here</text>",
            ns::STANZA_ERRORS
        )));
    }
    Ok(File { owner: Arc::clone(owner), name: name.to_owned(), media_type, bytes, since: cx.now })
}

impl Router {
    /// Lets a slot be used, once, while its owner's account is enabled.
    pub fn begin_upload(&mut self, name: &str, claim: &Claim<'_>, cx: &Context<'_>) -> Result<(), Denial> {
        if self.uploads.awaited(name).is_some_and(|owner| self.person(owner).is_none()) {
            return Err(Denial::NoSlot);
        }
        self.uploads.take(name, claim, cx.instant)
    }

    /// Whether somebody still waits for a file that is coming: its owner has neither been removed nor disabled meanwhile.
    pub fn awaits_upload(&self, name: &str) -> bool {
        self.uploads.awaited(name).is_some_and(|owner| self.person(owner).is_some())
    }

    /// The file is there, and may be fetched; `false` if nobody waits for it any more.
    pub fn finish_upload(&mut self, name: &str, cx: &mut Context<'_>) -> bool {
        if !self.awaits_upload(name) {
            self.uploads.abandon(name);
        }
        let Some(file) = self.uploads.finish(name) else { return false };
        let value = Bytes::from(file.to_record());
        cx.record(vec![Record::of_account(&file.owner, Shelf::Upload, name, Some(value))]);
        true
    }

    /// The file has not come as it should have: its slot is used up.
    pub fn abandon_upload(&mut self, name: &str) {
        self.uploads.abandon(name);
    }

    /// A file that may be fetched: while its owner's account is disabled, nobody gets it.
    pub fn uploaded(&self, name: &str) -> Option<&File> {
        let file = self.uploads.file(name).filter(|_| self.settings.upload.is_some())?;
        self.person(&file.owner).map(|_| file)
    }

    /// Erases files that are older than the site wants them.
    pub fn expire_uploads(&mut self, cx: &mut Context<'_>) {
        let Some(terms) = &self.settings.upload else { return };
        let old = self.uploads.expire(cx.now - terms.lifetime());
        let records = old.iter().map(|(name, owner)| Record::of_account(owner, Shelf::Upload, name, None));
        cx.record(records.collect());
        cx.erase_files(old.into_iter().map(|(name, _)| name).collect());
    }
}

impl Context<'_> {
    /// Has files erased that users have shared.
    fn erase_files(&mut self, names: Vec<String>) {
        if !names.is_empty() {
            self.outbox.push(Action::EraseFiles(names));
        }
    }
}
