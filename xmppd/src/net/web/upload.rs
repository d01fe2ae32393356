//! XEP-0363 §6: files come by PUT, once, to those who were given a slot; and are fetched by whoever knows their name.

use std::{sync::Arc, time::Duration};

use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::{Body, Incoming},
    header::{self, HeaderValue},
};
use tokio::{io::AsyncSeekExt, time::timeout};

use super::{
    range::Wanted,
    response::{Answer, Content, answer, empty, next_bytes, with},
    site::{Site, Visitor},
};
use crate::{
    features::upload::{Claim, Denial, File, encoded},
    net::shared::Shared,
    store::Files,
};

/// So long a file may stand still while it comes.
const STALL: Duration = Duration::from_secs(30);

/// What browsers show without running any of it. All else is saved, never opened: pages and drawings (SVG) can hold
/// scripts, PDF too, and text is guessed at.
const SHOWN: [&str; 11] = [
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/ogg",
    "video/webm",
];

/// Answers a request for a file of that name, or with one.
pub(super) async fn serve(
    request: Request<Incoming>,
    name: &str,
    visitor: &Visitor,
    site: &Site,
    shared: &Arc<Shared>,
) -> Answer {
    let mut answer = match *request.method() {
        _ if *visitor == Visitor::Stranger => empty(StatusCode::FORBIDDEN),
        Method::GET | Method::HEAD => get(request.headers(), name, site, shared).await,
        Method::OPTIONS => preflight(),
        Method::PUT => put(request, name, site, shared).await,
        _ => {
            let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
            with(answer.headers_mut(), header::ALLOW, "GET, HEAD, OPTIONS, PUT");
            answer
        }
    };
    if let Visitor::Friend(origin) = visitor
        && let Ok(origin) = HeaderValue::from_str(origin)
    {
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    with(answer.headers_mut(), header::VARY, "Origin");
    answer
}

/// What scripts of our own pages may do.
fn preflight() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    with(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT");
    with(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Range");
    with(headers, header::ACCESS_CONTROL_MAX_AGE, "3600");
    answer
}

async fn put(request: Request<Incoming>, name: &str, site: &Site, shared: &Arc<Shared>) -> Answer {
    let headers = request.headers();
    let claim = Claim {
        authorization: headers.get(header::AUTHORIZATION).map_or(b"", HeaderValue::as_bytes),
        bytes: request.body().size_hint().exact(),
        media_type: headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default()),
    };
    if claim.bytes.is_none() {
        return empty(StatusCode::LENGTH_REQUIRED);
    }
    if let Err(denial) = shared.drive(|router, cx| router.begin_upload(name, &claim, cx)) {
        return empty(status(denial));
    }
    let taken = Taken { name, shared, is_over: false };
    match receive(request.into_body(), &taken, &site.files).await {
        Ok(()) if taken.finish() => empty(StatusCode::CREATED),
        Ok(()) => {
            // Its owner's account has been removed or disabled meanwhile.
            let _ = site.files.erase(&[name.to_owned()]).await; // else at the next start
            empty(StatusCode::NOT_FOUND)
        }
        Err(status) => empty(status),
    }
}

fn status(denial: Denial) -> StatusCode {
    match denial {
        Denial::NoSlot => StatusCode::NOT_FOUND,
        Denial::NotYours => StatusCode::FORBIDDEN,
        Denial::OtherLength => StatusCode::PAYLOAD_TOO_LARGE,
        Denial::OtherType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
    }
}

/// Writes it down as it comes, while somebody waits for it.
async fn receive(mut body: Incoming, taken: &Taken<'_>, files: &Files) -> Result<(), StatusCode> {
    let no_disk = |error: std::io::Error| {
        tracing::error!(%error, "cannot write down a file that somebody shares");
        StatusCode::INSUFFICIENT_STORAGE
    };
    let mut draft = files.create(taken.name).await.map_err(no_disk)?;
    loop {
        let next = timeout(STALL, next_bytes(&mut body)).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
        if !taken.is_awaited() {
            return Err(StatusCode::NOT_FOUND);
        }
        match next {
            Some(Ok(bytes)) => draft.write(&bytes).await.map_err(no_disk)?,
            Some(Err(_)) => return Err(StatusCode::BAD_REQUEST),
            None => return draft.keep().await.map_err(no_disk),
        }
    }
}

/// A slot that is being used. However that ends, it is used up.
struct Taken<'a> {
    name: &'a str,
    shared: &'a Shared,
    is_over: bool,
}

impl Taken<'_> {
    fn is_awaited(&self) -> bool {
        self.shared.drive(|router, _| router.awaits_upload(self.name))
    }

    /// The file is there; `false` if nobody waits for it any more.
    fn finish(mut self) -> bool {
        self.is_over = true;
        self.shared.drive(|router, cx| router.finish_upload(self.name, cx))
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.shared.drive(|router, _| router.abandon_upload(self.name));
        }
    }
}

async fn get(headers: &HeaderMap, name: &str, site: &Site, shared: &Arc<Shared>) -> Answer {
    let Some(file) = shared.drive(|router, _| router.uploaded(name).cloned()) else {
        return empty(StatusCode::NOT_FOUND);
    };
    let Ok(mut content) = site.files.open(name).await else { return empty(StatusCode::NOT_FOUND) };
    let wanted = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, range) = match Wanted::parse(wanted, file.bytes) {
        Wanted::All => (StatusCode::OK, 0..file.bytes),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    if content.seek(std::io::SeekFrom::Start(range.start)).await.is_err() {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let content_range = match status {
        StatusCode::PARTIAL_CONTENT => {
            Some(format!("bytes {}-{}/{}", range.start, range.end - 1, file.bytes))
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{}", file.bytes)),
        _ => None,
    };
    let mut answer = answer(status, Content::of_file(content, range.end - range.start));
    describe(&file, answer.headers_mut());
    if let Some(content_range) = content_range.and_then(|range| HeaderValue::try_from(range).ok()) {
        answer.headers_mut().insert(header::CONTENT_RANGE, content_range);
    }
    answer
}

fn describe(file: &File, headers: &mut HeaderMap) {
    let disposition = if SHOWN.contains(&&*file.media_type) { "inline" } else { "attachment" };
    let disposition = format!("{disposition}; filename*=UTF-8''{}", encoded(&file.name));
    if let (Ok(media_type), Ok(disposition)) =
        (HeaderValue::from_str(&file.media_type), HeaderValue::try_from(disposition))
    {
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    with(headers, header::ACCEPT_RANGES, "bytes");
    with(headers, header::CACHE_CONTROL, "private, max-age=86400, immutable");
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn described(name: &str, media_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let file = File {
            owner: "juliet".into(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: 1,
            since: OffsetDateTime::UNIX_EPOCH,
        };
        describe(&file, &mut headers);
        headers
    }

    #[test]
    fn only_what_cannot_run_is_shown() {
        assert_eq!(
            described("balcony.jpg", "image/jpeg")[header::CONTENT_DISPOSITION],
            "inline; filename*=UTF-8''balcony.jpg"
        );
        for media_type in
            ["text/html", "image/svg+xml", "application/pdf", "application/octet-stream", "text/plain"]
        {
            let headers = described("a", media_type);
            assert_eq!(
                headers[header::CONTENT_DISPOSITION],
                "attachment; filename*=UTF-8''a",
                "{media_type}"
            );
            assert_eq!(headers[header::CONTENT_TYPE], media_type);
        }
    }

    #[test]
    fn a_name_does_not_break_out_of_its_header() {
        let headers = described("a\"; x=\r\nSet-Cookie: y", "image/png");
        assert_eq!(
            headers[header::CONTENT_DISPOSITION],
            "inline; filename*=UTF-8''a%22%3B%20x%3D%0D%0ASet-Cookie%3A%20y"
        );
    }
}
