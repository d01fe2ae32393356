//! Ends of school years.

use xmppd_control::Standing;

use super::*;

fn user(name: &str, kind: Kind, groups: &[&str]) -> User {
    User {
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        kind,
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        enabled: true,
        consent: Standing::Given,
    }
}

/// Two classes, of which the upper leaves; a choir, a teacher, and who left a year ago.
fn school() -> Vec<User> {
    vec![
        user("abel", Kind::Child, &["5a", "Choir"]),
        user("bea", Kind::Child, &["4a"]),
        user("cara", Kind::Child, &["Choir", "4a"]),
        user("dora", Kind::Child, &["5a"]),
        User { enabled: false, ..user("gone", Kind::Child, &["5a"]) },
        user("nurse", Kind::Teacher, &["4a", "5a"]),
    ]
}

fn turn(text: &str) -> Result<Turn> {
    Turn::of(Decided::parse("year.csv", text.as_bytes())?, &school())
}

fn shown(text: &str) -> String {
    turn(text).expect("it can be done").to_string()
}

fn acts(turn: &Turn) -> Vec<String> {
    let said = |act: &Act| match act {
        Act::SetGroups { name, groups } => {
            format!("{name}: {}", groups.iter().map(Label::as_str).collect::<Vec<_>>().join(", "))
        }
        other => format!("{}: {}", other.concerns(), other.verb()),
    };
    turn.acts().iter().map(said).collect()
}

#[test]
fn all_classes_move_at_once_and_nobody_twice() {
    let turn = turn("class;to\n4a;5a\n5a;6a\n").expect("it can be done");
    assert_eq!(
        acts(&turn),
        ["abel: 6a, Choir", "bea: 5a", "cara: Choir, 5a", "dora: 6a", "gone: 6a"],
        "the teacher stays"
    );
    assert_eq!(turn.to_string(), "4a -> 5a     2  bea, cara\n5a -> 6a     3  abel, dora, gone");
    assert!(turn.undecided.is_empty());
}

#[test]
fn leavers_are_disabled_where_they_are() {
    let turn = turn("class,to\n5a,Leavers\n4a,5a\n").expect("it can be done");
    assert_eq!(acts(&turn), ["abel: disable-user", "bea: 5a", "cara: Choir, 5a", "dora: disable-user"]);
}

#[test]
fn a_group_called_like_those_who_leave_is_no_class() {
    let mut school = school();
    school.push(user("zoe", Kind::Child, &["Leavers"]));
    let template = super::super::template(&school).expect("a list");
    let turn = |text: &[u8]| Turn::of(Decided::parse("year.csv", text)?, &school);
    assert!(turn(&template).expect("it can be done").acts().is_empty(), "as it is");
    for row in ["Leavers,leavers,\n", "leavers,5a,\n", "leavers,leavers,zoe\n"] {
        let refusal =
            turn(format!("class,to,name\n{row}").as_bytes()).expect_err("it is refused").to_string();
        assert!(refusal.contains("year.csv:2: class: this stands for those who leave"), "{refusal}");
    }
    let moves = turn(b"class,to,name\n,5a,zoe\n").expect("it can be done");
    assert_eq!(acts(&moves), ["zoe: 5a"]);
}

#[test]
fn a_row_of_ones_own_wins_wherever_it_stands() {
    let text = "name,class,to\nbea,4a,4a\ndora,,4a\n,4a,5a\n,5a,leavers\nabel,Choir,Orchestra\nnurse,4a,5b\ncara,,\n";
    let turn = turn(text).expect("it can be done");
    assert_eq!(acts(&turn), ["abel: 5a, Orchestra", "cara: Choir, 5a", "dora: 4a", "nurse: 5b, 5a"]);
    let lines = [
        "4a -> 5a               1  cara",
        "4a -> 5b               1  nurse",
        "5a -> 4a               1  dora",
        "Choir -> Orchestra     1  abel",
        "4a stays               1  bea",
    ];
    assert_eq!(turn.to_string(), lines.join("\n"));
}

#[test]
fn a_class_that_is_entered_and_not_left_is_told() {
    assert_eq!(turn("class,to\n4a,5a\n").expect("it can be done").undecided, ["5a"]);
    assert_eq!(turn("class,to\n4a,5a\n5a,5a\n").expect("it can be done").undecided, ["5a"]);
    assert_eq!(shown("class,to\n4a,4a\n"), "nobody moves, and nobody leaves");
}

#[test]
fn a_class_that_nobody_was_in_is_told() {
    let new = |text| turn(text).expect("it can be done").new;
    assert_eq!(new("class,to\n4a,5a\n5a,6a\n"), ["6a"]);
    assert_eq!(new("class,to\n5a,leaver\n"), ["leaver"]);
    assert!(new("class,to\n5a,leavers\n4a,5a\n").is_empty());
    assert!(["leaver", "Leave", "Leavres", "leaves"].into_iter().all(is_nearly_leavers));
    assert!(!["5a", "Teachers", "Abgänger", "Lower 4"].into_iter().any(is_nearly_leavers));
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = "name,class,to\n,4a,\n,9z,1a\nnobody,,4a\nabel,4a,5a\n,,5a\nabel,5a,leavers\n,5a, a\u{7}\n";
    let refusal = turn(text).expect_err("it is refused").to_string();
    assert_eq!(
        refusal.lines().collect::<Vec<_>>(),
        [
            "`year.csv` has 6 mistakes:",
            "year.csv:2: to: say to which class they move, or `leavers`",
            "year.csv:3: class: no child is in a class `9z`",
            "year.csv:4: name: there is no account `nobody`",
            "year.csv:6: class: say which class, or whose row this is by `name`",
            "year.csv:7: name: line 5 has decided about this already",
            "year.csv:8: to: \"a\\u{7}\" holds control characters",
        ]
    );
    assert!(turn("class,to\n").expect_err("it is empty").to_string().contains("nothing is decided"));
}

#[test]
fn a_row_leads_into_one_class() {
    let refusal = turn("class,to\n4a,\"5a, Choir\"\n").expect_err("it is refused").to_string();
    assert_eq!(refusal, "year.csv:2: to: this is several classes, and one row leads into one");
    // One that is called so from long ago may stay, and be left.
    let users = [user("abel", Kind::Child, &["5a, Choir"])];
    for to in ["\"5a, Choir\"", "6a"] {
        let text = format!("class,to\n\"5a, Choir\",{to}\n");
        let decided = Decided::parse("year.csv", text.as_bytes()).expect("a list");
        assert!(Turn::of(decided, &users).is_ok(), "{to}");
    }
}

#[test]
fn who_is_in_two_classes_needs_a_row() {
    let refusal = turn("class,to\n5a,6a\nChoir,Orchestra\n").expect_err("it is refused").to_string();
    assert_eq!(
        refusal,
        "year.csv:3: class: `abel` is in `5a` as well: add a row with this name, to say where to"
    );
    let refusal = turn("name,class,to\nabel,,6a\n").expect_err("it is refused").to_string();
    assert_eq!(refusal, "year.csv:2: class: `abel` is in 5a, Choir: say which of them is the class");
}

#[test]
fn who_leaves_need_not_say_from_where() {
    assert_eq!(shown("name,class,to\nabel,,leavers\n"), "5a leaves     1  abel");
    let refusal = turn("name,class,to\nabel,4a,leavers\n").expect_err("it is refused").to_string();
    assert_eq!(refusal, "year.csv:2: class: `abel` is not in `4a`");
}

#[test]
fn the_template_can_be_filled_in() {
    let template = super::super::template(&school()).expect("a list");
    let text = String::from_utf8(template).expect("UTF-8");
    assert!(text.starts_with(
        "\u{feff}name,display-name,class,to\r\n,,4a,4a\r\n,,5a,5a\r\n,,Choir,Choir\r\nbea,BEA,4a,\r\n"
    ));
    assert!(turn(&text).expect("it can be done").acts().is_empty(), "as it is");
    let filled = text.replace("4a,4a", "4a,5a").replace("5a,5a", "5a,leavers");
    assert_eq!(turn(&filled).expect("it can be done").acts().len(), 4);
}
