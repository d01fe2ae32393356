//! Who gets in, by which way, and who does not.

use tokio_xmpp::{Error, error::AuthError, parsers::sasl::DefinedCondition};

use crate::{
    client::Login,
    server::{DOMAIN, Server},
};

#[tokio::test]
async fn both_ways_in_and_every_mechanism() {
    let server = Server::start(&["juliet"]);
    let client = Login::new(&server, "juliet").run().await.unwrap();
    let offered = ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"];
    assert_eq!(client.mechanisms, offered.map(str::to_owned).into());
    assert_eq!(client.bare().to_string(), format!("juliet@{DOMAIN}"));
    for mechanism in offered {
        Login::new(&server, "juliet").only(&[mechanism]).run().await.unwrap();
        Login::new(&server, "juliet").only(&[mechanism]).direct().run().await.unwrap();
    }
    Login::new(&server, "juliet").tls12().run().await.unwrap();
    Login::new(&server, "juliet").tls12().direct().run().await.unwrap();
}

#[tokio::test]
async fn the_password_itself_is_taken_only_where_the_site_wants_it() {
    let server = Server::start_with(&["juliet"], "[login]\nplain = true");
    let client = Login::new(&server, "juliet").only(&["PLAIN"]).run().await.unwrap();
    assert!(client.mechanisms.contains("PLAIN"));
    let wrong = Login::new(&server, "juliet").only(&["PLAIN"]).password("wherefore art thou").run().await;
    assert!(matches!(wrong, Err(Error::Auth(AuthError::Fail(DefinedCondition::NotAuthorized)))));
}

#[tokio::test]
async fn wrong_unknown_and_disabled_are_refused_alike() {
    let server = Server::start(&["juliet", "tybalt"]);
    assert!(server.user(&["disable", "tybalt"]).status.success());
    let refused = async |login: Login<'_>| match login.run().await {
        Err(Error::Auth(AuthError::Fail(condition))) => condition,
        Err(other) => panic!("refused in another way: {other}"),
        Ok(_) => panic!("not refused"),
    };
    let wrong = refused(Login::new(&server, "juliet").password("wherefore art thou")).await;
    let unknown = refused(Login::new(&server, "nobody")).await;
    let disabled = refused(Login::new(&server, "tybalt")).await;
    assert_eq!([wrong, unknown, disabled], [const { DefinedCondition::NotAuthorized }; 3]);
}

#[tokio::test]
async fn a_guesser_is_slowed_down_and_the_others_are_not() {
    let server = Server::start(&["juliet", "romeo"]);
    Login::new(&server, "romeo").run().await.unwrap();
    let mut conditions = Vec::new();
    // On a busy machine a guess may take longer than the first wait; each further wait is twice as long.
    while conditions.last() != Some(&DefinedCondition::TemporaryAuthFailure) && conditions.len() < 12 {
        match Login::new(&server, "juliet").password("wherefore art thou").run().await {
            Err(Error::Auth(AuthError::Fail(condition))) => conditions.push(condition),
            Err(other) => panic!("refused in another way: {other}"),
            Ok(_) => panic!("not refused"),
        }
    }
    assert_eq!(conditions[..5], [const { DefinedCondition::NotAuthorized }; 5]);
    assert_eq!(conditions.last(), Some(&DefinedCondition::TemporaryAuthFailure));
    Login::new(&server, "romeo").run().await.unwrap();
}
