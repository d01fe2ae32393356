//! The examples of `docs/`: parsed, and held to each other and to what an image is.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::{fs, path::Path};

use hcl::{Body, Expression};

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples").join(name)).unwrap()
}

/// The block at the end of a path such as `job/group`.
fn block<'a>(body: &'a Body, path: &str) -> &'a Body {
    path.split('/').fold(body, |body, name| {
        let found = body.blocks().find(|block| block.identifier() == name);
        found.unwrap_or_else(|| panic!("no block `{name}` of `{path}`")).body()
    })
}

fn attribute<'a>(body: &'a Body, key: &str) -> &'a Expression {
    body.attributes().find(|attribute| attribute.key() == key).unwrap().expr()
}

#[test]
fn the_job_starts_the_script_with_what_it_is_given() {
    let job = hcl::parse(&example("school.nomad.hcl")).unwrap();
    let config = block(&job, "job/group/task/config");
    assert!(matches!(attribute(config, "command"), Expression::String(path) if path.ends_with("/school.sh")));

    let Expression::Array(arguments) = attribute(config, "args") else { panic!("no list of arguments") };
    let usage =
        example("school.sh").lines().find_map(|line| line.strip_prefix("# Usage: ").map(str::to_owned));
    let words: Vec<String> = usage.unwrap().split(' ').skip(1).map(str::to_lowercase).collect();
    assert_eq!(words, ["name", "address", "subnet", "image"]);
    let given: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    assert_eq!(given, ["var.school", "var.address", "var.subnet", "var.image"]);
    let declared: Vec<&str> = job
        .blocks()
        .filter(|block| block.identifier() == "variable")
        .map(|block| block.labels()[0].as_str())
        .collect();
    assert_eq!(declared, ["school", "address", "subnet", "image"]);

    assert_eq!(
        attribute(block(&job, "job/group"), "count"),
        &Expression::from(1),
        "there is one data folder"
    );
}

#[test]
fn the_container_shows_the_daemon_what_the_image_declares() {
    let script = example("school.sh");
    for folder in jailbuild::image::MOUNT_POINTS {
        assert!(script.contains(&format!(":{folder}:")), "{folder}");
    }
    for port in jailbuild::image::Network::closed().open_from_lan {
        assert!(script.contains(&format!("--publish \"$address:{port}:{port}\"")), "{port}");
    }
    assert!(script.contains(&format!("\"{} 700\"", jailbuild::runtime::DAEMON_USER)));
    for option in ["--read-only ", "--read-only-tmpfs=false", "--pull never"] {
        assert!(script.contains(option), "{option}");
    }
}

#[test]
fn the_rules_begin_with_5269_and_end_with_everything_else() {
    let rules = example("school.pf");
    let rules: Vec<&str> = rules.lines().filter(|line| !line.starts_with('#')).collect();
    let blocked: Vec<&&str> = rules.iter().filter(|rule| rule.starts_with("block")).collect();
    assert_eq!(blocked.len(), 2);
    assert!(blocked[0].ends_with("port 5269"));
    assert_eq!(**blocked[1], *rules[rules.len() - 1]);
    assert!(rules.iter().all(|rule| !rule.starts_with("nat ")), "nothing is to get out");
    let passing: Vec<&&str> = rules.iter().filter(|rule| rule.starts_with("pass")).collect();
    assert!(matches!(passing.as_slice(), [rule] if rule.contains("port { 5222, 5223 }")), "{passing:?}");
}

#[test]
fn every_file_that_the_page_links_to_is_there() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = fs::read_to_string(docs.join("district.md")).unwrap();
    let links: Vec<&str> = page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() >= 3);
    for link in links {
        assert!(docs.join(link).exists(), "{link}");
    }
}
