//! XEP-0363 from outside: a slot by XMPP, then the file by HTTPS.

use std::{fs, os::unix::fs::PermissionsExt};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;
use tokio_xmpp::{
    Stanza,
    minidom::Element,
    parsers::{
        caps::{compute_disco, hash_caps},
        disco::{DiscoInfoQuery, DiscoInfoResult},
        ecaps2,
        hashes::Algo,
        http_upload,
        iq::Iq,
    },
};

use crate::{
    client::{Client, address},
    server::{DOMAIN, Server, eventually},
    web::{Response, get, request, secure},
};

/// What the server has given out.
struct Slot {
    path: String,
    authorization: String,
}

fn start(upload: &str) -> Server {
    Server::start_web(&["juliet", "romeo"], &format!("[upload]\nenabled = true\n{upload}"))
}

async fn slot(client: &mut Client, name: &str, bytes: usize, media_type: &str) -> Slot {
    let wish = http_upload::SlotRequest {
        filename: name.to_owned(),
        size: bytes as u64,
        content_type: Some(media_type.to_owned()),
    };
    read_slot(&ask(client, wish.into()).await)
}

/// Asks the server, which must not refuse.
async fn ask(client: &mut Client, payload: Element) -> Element {
    let to = Some(address("x").to_bare().domain().to_owned().into());
    client.send(Iq::Get { from: None, to, id: "ask".to_owned(), payload }).await;
    client
        .until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, payload, .. }) if id == "ask" => payload,
            Stanza::Iq(Iq::Error { error, .. }) => panic!("refused: {error:?}"),
            _ => None,
        })
        .await
}

fn read_slot(slot: &Element) -> Slot {
    let child = |name: &str| slot.get_child(name, "urn:xmpp:http:upload:0").unwrap();
    let (put, get) = (child("put"), child("get"));
    assert_eq!(put.attr("url"), get.attr("url"));
    let header = put.children().next().unwrap();
    assert_eq!(header.attr("name"), Some("Authorization"));
    let path = get.attr("url").unwrap().strip_prefix(&format!("https://{DOMAIN}:")).unwrap();
    Slot { path: path[path.find('/').unwrap()..].to_owned(), authorization: header.text() }
}

impl Slot {
    async fn put(&self, server: &Server, media_type: &str, body: &[u8]) -> Response {
        self.put_with(server, &self.authorization, media_type, body).await
    }

    async fn put_with(
        &self,
        server: &Server,
        authorization: &str,
        media_type: &str,
        body: &[u8],
    ) -> Response {
        let head = format!(
            "PUT {} HTTP/1.1\r\nAuthorization: {authorization}\r\nContent-Type: {media_type}\r\n\
             Content-Length: {}\r\n",
            self.path,
            body.len()
        );
        request(server, &head, body).await
    }
}

impl Slot {
    /// The first half of a picture of 100 KB.
    async fn put_half(&self, server: &Server) -> TlsStream<TcpStream> {
        let head = format!(
            "PUT {} HTTP/1.1\r\nHost: {DOMAIN}\r\nAuthorization: {}\r\nContent-Type: image/png\r\n\
             Content-Length: 100000\r\n\r\n",
            self.path, self.authorization
        );
        let mut tls = secure(server).await;
        tls.write_all(head.as_bytes()).await.unwrap();
        tls.write_all(&vec![7; 50_000]).await.unwrap();
        tls.flush().await.unwrap();
        eventually(|| !files(server).is_empty(), "it begins to come").await;
        tls
    }
}

fn files(server: &Server) -> Vec<String> {
    let entries = fs::read_dir(server.folder.path().join("data/uploads")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_file_is_shared() {
    let mut server = start("");
    let mut juliet = Client::online(&server, "juliet").await;
    let picture: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let slot = slot(&mut juliet, "my cat.png", picture.len(), "image/png").await;
    assert!(slot.path.ends_with("/my%20cat.png"), "{}", slot.path);
    assert_eq!(get(&server, &slot.path).await.status, 404, "not before it is there");
    assert_eq!(slot.put(&server, "image/png", &picture).await.status, 201);
    assert_eq!(slot.put(&server, "image/png", &picture).await.status, 404, "once");

    let fetched = get(&server, &slot.path).await;
    assert_eq!(fetched.status, 200);
    assert!(fetched.body == picture);
    for header in [
        "content-type: image/png",
        "content-length: 1200000",
        "content-disposition: inline; filename*=utf-8''my%20cat.png",
        "content-security-policy: default-src 'none'",
        "cross-origin-resource-policy: same-site",
        "x-content-type-options: nosniff",
    ] {
        assert!(fetched.head.contains(header), "{header} is not in {}", fetched.head);
    }
    let head = request(&server, &format!("HEAD {} HTTP/1.1\r\n", slot.path), b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.head.contains("content-length: 1200000"), "{}", head.head);
    let part = format!("GET {} HTTP/1.1\r\nRange: bytes=100000-100099\r\n", slot.path);
    let part = request(&server, &part, b"").await;
    assert_eq!(part.status, 206);
    assert!(part.head.contains("content-range: bytes 100000-100099/1200000"), "{}", part.head);
    assert!(part.body == picture[100_000..100_100]);

    let [file] = &files(&server)[..] else { panic!("not one file") };
    let path = server.folder.path().join("data/uploads").join(file);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!server.log().contains("my cat") && !server.log().contains(file.as_str()));

    server.signal(nix::sys::signal::Signal::SIGTERM);
    server.restart();
    assert_eq!(get(&server, &slot.path).await.status, 200, "after a restart as well");
    assert!(server.user(&["remove", "juliet"]).status.success());
    eventually(|| files(&server).is_empty(), "the files go with the account").await;
    assert_eq!(get(&server, &slot.path).await.status, 404);
}

/// XEP-0115 §5.1 and XEP-0390 §4.1 count the form, too; an unrelated library does the sum.
#[tokio::test]
async fn the_largest_size_is_told_and_part_of_the_capabilities() {
    let server = start("max-bytes = 4096\n");
    let mut juliet = Client::online(&server, "juliet").await;
    let info = ask(&mut juliet, DiscoInfoQuery { node: None }.into()).await;
    let info = DiscoInfoResult::try_from(info).unwrap();
    assert!(info.features.iter().any(|feature| *feature == "urn:xmpp:http:upload:0"));
    let form = &info.extensions[0];
    assert_eq!(form.form_type(), Some("urn:xmpp:http:upload:0"));
    let most = form.fields.iter().find(|field| field.var.as_deref() == Some("max-file-size")).unwrap();
    assert_eq!(most.values, ["4096"]);
    let new = ecaps2::hash_ecaps2(&ecaps2::compute_disco(&info).unwrap(), Algo::Sha_256).unwrap();
    ask(&mut juliet, ecaps2::query_ecaps2(new).into()).await;
    let hash = hash_caps(&compute_disco(&info), Algo::Sha_1).unwrap().to_base64();
    let node = Some(format!("urn:x-jailbuild:xmppd#{hash}"));
    ask(&mut juliet, DiscoInfoQuery { node }.into()).await;
}

#[tokio::test]
async fn what_is_not_as_it_was_announced_is_refused() {
    let server = start("");
    let mut juliet = Client::online(&server, "juliet").await;
    let slot = slot(&mut juliet, "a.txt", 5, "text/plain").await;
    assert_eq!(slot.put_with(&server, "Bearer 0", "text/plain", b"12345").await.status, 403);
    let mine = &slot.authorization;
    let anonymous =
        format!("PUT {} HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n", slot.path);
    assert_eq!(request(&server, &anonymous, b"12345").await.status, 403);
    assert_eq!(slot.put(&server, "text/plain", b"123456").await.status, 413);
    assert_eq!(slot.put(&server, "text/html", b"12345").await.status, 415);
    let chunked =
        format!("PUT {} HTTP/1.1\r\nAuthorization: {mine}\r\nTransfer-Encoding: chunked\r\n", slot.path);
    assert_eq!(request(&server, &chunked, b"5\r\n12345\r\n0\r\n\r\n").await.status, 411);
    let foreign = format!(
        "PUT {} HTTP/1.1\r\nAuthorization: {mine}\r\nOrigin: https://evil.test\r\nContent-Type: text/plain\r\n\
         Content-Length: 5\r\n",
        slot.path
    );
    assert_eq!(request(&server, &foreign, b"12345").await.status, 403);
    let nowhere = Slot { path: "/upload/00/a.txt".to_owned(), authorization: mine.clone() };
    assert_eq!(nowhere.put(&server, "text/plain", b"12345").await.status, 404);
    assert!(files(&server).is_empty());
    assert_eq!(slot.put(&server, "text/plain; charset=utf-8", b"12345").await.status, 201);
    let text = get(&server, &slot.path).await;
    assert!(text.head.contains("content-disposition: attachment"), "{}", text.head);
}

#[tokio::test]
async fn a_file_that_breaks_off_leaves_nothing() {
    let server = start("");
    let mut juliet = Client::online(&server, "juliet").await;
    let slot = slot(&mut juliet, "a.png", 100_000, "image/png").await;
    drop(slot.put_half(&server).await);
    eventually(|| files(&server).is_empty(), "it is given up").await;
    assert_eq!(
        slot.put(&server, "image/png", &vec![7; 100_000]).await.status,
        404,
        "and its slot is used up"
    );
}

#[tokio::test]
async fn a_file_goes_no_further_than_its_owner() {
    let server = start("");
    for (name, ends) in [("juliet", "remove"), ("romeo", "disable")] {
        let mut client = Client::online(&server, name).await;
        let slot = slot(&mut client, "a.png", 100_000, "image/png").await;
        let mut tls = slot.put_half(&server).await;
        assert!(server.user(&[ends, name]).status.success());
        assert!(ends != "remove" || files(&server).is_empty(), "done is done");
        tls.write_all(&[7; 1000]).await.unwrap();
        eventually(|| files(&server).is_empty(), "it is given up").await;
        let mut answer = [0; 12];
        tls.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, *b"HTTP/1.1 404");
    }
}

#[tokio::test]
async fn our_own_pages_may_share_files_and_others_may_not_look() {
    let server = start("");
    let own = format!("https://{DOMAIN}:{}", server.web.port());
    let ask = async |origin: &str| {
        let head = format!(
            "OPTIONS /upload/00/a HTTP/1.1\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: PUT\r\n"
        );
        request(&server, &head, b"").await
    };
    let friend = ask(&own).await;
    assert_eq!(friend.status, 204);
    assert!(friend.head.contains(&format!("access-control-allow-origin: {own}")), "{}", friend.head);
    assert!(friend.head.contains("access-control-allow-headers: authorization"), "{}", friend.head);
    let stranger = ask("https://evil.test").await;
    assert_eq!(stranger.status, 403);
    assert!(!stranger.head.contains("access-control-allow-origin"), "{}", stranger.head);
    assert_eq!(
        request(&server, "POST /upload/00/a HTTP/1.1\r\nContent-Length: 0\r\n", b"").await.status,
        405
    );
}

#[tokio::test]
async fn what_nobody_knows_of_goes_at_the_start() {
    let mut server = start("");
    let folder = server.folder.path().join("data/uploads");
    fs::write(folder.join("00ff.part"), "half").unwrap();
    server.signal(nix::sys::signal::Signal::SIGKILL);
    server.restart();
    assert!(files(&server).is_empty());
}
