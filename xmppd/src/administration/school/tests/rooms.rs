//! Rooms by command.

use super::*;

/// Two of a class and their teacher, with a room of the site and one of people.
fn school() -> School {
    let of_site = |name: &str, title: &str, groups: &[&str]| SiteRoom {
        name: name.parse().unwrap(),
        title: title.parse().unwrap(),
        groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
        moderators: Vec::new(),
        owners: Vec::new(),
    };
    let rooms = [
        ("all".to_owned(), MadeBy::Site(of_site("all", "All of us", &["Parents"]))),
        ("chess".to_owned(), MadeBy::People { title: "The game".to_owned() }),
    ];
    let mut school = empty().with_rooms(rooms);
    for name in ["juliet", "romeo"] {
        done(&mut school, &added(name, &format!(r#","groups":["4b","Choir"]{SIGNED}"#)));
    }
    done(&mut school, &added("nurse", r#","kind":"teacher""#));
    school
}

const ADD: &str = r#"{"add-room":{"name":"class-4b","title":"Class 4b","groups":["4b"],"moderators":["nurse"],
                      "owners":["nurse"]}}"#;

#[test]
fn a_room_is_made_once() {
    let mut school = school();
    assert_eq!(
        done(&mut school, ADD),
        ["write class-room class-4b true", r#"tell room class-4b ["4b"] ["nurse"]"#]
    );
    assert_eq!(refused(&mut school, ADD), "there is a room `class-4b` already");
    assert_eq!(refused(&mut school, r#"{"add-room":{"name":"chess"}}"#), "there is a room `chess` already");
    let strangers = r#"{"add-room":{"name":"class-5b","owners":["tybalt"]}}"#;
    assert_eq!(refused(&mut school, strangers), "there is no account `tybalt`");
    let long = format!(r#"{{"add-room":{{"name":"{}"}}}}"#, "x".repeat(101));
    assert!(refused(&mut school, &long).contains("needs a title"));
}

#[test]
fn no_room_looks_like_another() {
    let mut school = school();
    done(&mut school, ADD);
    for (name, title) in
        [("c1ass-4b", "Ours"), ("ours", "CLASS-4B"), ("class4b", "Ours"), ("ours", "Class 4B")]
    {
        let add = format!(r#"{{"add-room":{{"name":"{name}","title":"{title}"}}}}"#);
        let why = refused(&mut school, &add);
        assert!(
            why.ends_with("looks like the room `class-4b`, `Class 4b`: people would take one for the other"),
            "{why}"
        );
    }
    for (title, like) in [("A1l of us", "`all`, `All of us`"), ("the game", "`chess`, `The game`")] {
        let rename = format!(r#"{{"rename-room":{{"name":"class-4b","title":"{title}"}}}}"#);
        assert!(refused(&mut school, &rename).contains(&format!("looks like the room {like}")));
    }
    done(&mut school, r#"{"rename-room":{"name":"class-4b","title":"CLASS 4B"}}"#);
    let mixed = "{\"rename-room\":{\"name\":\"class-4b\",\"title\":\"The f\u{43e}urth\"}}";
    assert!(refused(&mut school, mixed).starts_with("`f\u{43e}urth` mixes letters of different scripts"));
    let of_its_groups = r#"{"add-room":{"name":"evening","groups":["PARENTS"]}}"#;
    assert!(refused(&mut school, of_its_groups).contains("looks like the group `Parents`"));
    done(&mut school, r#"{"add-room":{"name":"evening","groups":["Parents","Parents"]}}"#);
}

#[test]
fn a_room_goes_unless_the_file_would_bring_it_back() {
    let mut school = school();
    done(&mut school, ADD);
    let erased = |name: &str| {
        [
            format!("write class-room {name} false"),
            format!("write room {name} false"),
            format!("write room {name}/card false"),
            format!("tell no room {name}"),
        ]
    };
    assert_eq!(done(&mut school, r#"{"remove-room":{"name":"class-4b"}}"#), erased("class-4b"));
    assert_eq!(done(&mut school, r#"{"remove-room":{"name":"chess"}}"#), erased("chess"));
    assert_eq!(refused(&mut school, r#"{"remove-room":{"name":"chess"}}"#), "there is no room `chess`");
    assert_eq!(
        refused(&mut school, r#"{"remove-room":{"name":"all"}}"#),
        "the room `all` is one of the school's file, `jailbuild.toml`"
    );
}

#[test]
fn only_rooms_by_command_get_another_title_by_command() {
    let mut school = school();
    done(&mut school, ADD);
    let titled = |name: &str| format!(r#"{{"rename-room":{{"name":"{name}","title":"The fourth"}}}}"#);
    assert_eq!(done(&mut school, &titled("class-4b"))[0], "write class-room class-4b true");
    assert!(refused(&mut school, &titled("all")).contains("of the school's file"));
    assert!(refused(&mut school, &titled("chess")).contains("made by people"));
}

#[test]
fn a_room_follows_its_group_to_another_name_and_nobody_is_put_out_meanwhile() {
    let mut school = school();
    done(&mut school, ADD);
    assert_eq!(
        done(&mut school, r#"{"rename-group":{"group":"4b","to":"5b"}}"#),
        [
            r#"write juliet ["5b", "Choir"]"#,
            r#"write romeo ["5b", "Choir"]"#,
            "write class-room class-4b true",
            r#"tell room class-4b ["4b", "5b"] ["nurse"]"#,
            "tell relabelled juliet",
            "tell relabelled romeo",
            r#"tell room class-4b ["5b"] ["nurse"]"#,
        ]
    );
}

#[test]
fn a_room_that_is_for_the_new_name_already_is_for_it_once() {
    let mut school = school();
    done(&mut school, &ADD.replace(r#"["4b"]"#, r#"["5b","4b"]"#));
    let told = done(&mut school, r#"{"rename-group":{"group":"4b","to":"5b"}}"#);
    assert_eq!(told.last().map(String::as_str), Some(r#"tell room class-4b ["5b"] ["nurse"]"#));
}

#[test]
fn nobody_is_in_a_group_twice() {
    let mut school = school();
    let groups = done(&mut school, r#"{"set-groups":{"name":"juliet","groups":["5b","Choir","5b"]}}"#);
    assert_eq!(groups[0], r#"write juliet ["5b", "Choir"]"#);
}

#[test]
fn no_room_names_an_account_that_is_gone() {
    let mut school = school();
    done(&mut school, ADD);
    assert_eq!(
        done(&mut school, r#"{"remove-user":{"name":"nurse"}}"#),
        [
            "erase nurse",
            "write class-room class-4b true",
            "tell removed nurse",
            r#"tell room class-4b ["4b"] []"#,
        ]
    );
}
