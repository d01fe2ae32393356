//! The rooms know each other as the tables say that they do.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Only for tests, or only puts the others together.
const NO_ROOMS: [&str; 4] = ["lib", "main", "snapshots", "test_support"];

/// Those of the program `xmppd`, which is made of its library.
const OF_THE_PROGRAM: [&str; 4] = ["cli", "commands", "failure", "inside"];

#[test]
fn a_room_of_the_tool_knows_none_above_it() {
    let map = rows("src/lib.rs");
    let names = |row: &String| row.replace("src/", "").replace(".rs", "").replace('/', "");
    assert_eq!(rows("ARCHITECTURE.md").iter().map(names).collect::<Vec<_>>(), map);
    let floors: Vec<_> = map.iter().rev().map(String::as_str).collect();
    assert_eq!(trespasses("src", &floors, &NO_ROOMS), [""; 0]);
}

#[test]
fn a_room_of_the_daemon_knows_none_below_it_in_its_table() {
    let map = rows("xmppd/src/lib.rs");
    let floors: Vec<_> = map.iter().map(String::as_str).collect();
    assert_eq!(trespasses("xmppd/src", &floors, &[NO_ROOMS, OF_THE_PROGRAM].concat()), [""; 0]);
}

#[test]
fn what_is_known_is_found() {
    let text = "#[cfg(test)]\nmod k;\nuse crate::{a, b::{c, d}, e as f};\nlet x = crate::g::h(); // crate::i\n#[cfg(test)]\nmod tests { use crate::j; }";
    assert_eq!(known(text), ["a", "b", "e", "g"]);
}

/// The names in the first column of a page's first table whose rooms are in such marks, a row each.
fn rows(page: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let lines = text.lines().map(|line| line.trim_start_matches("//! "));
    let table =
        lines.skip_while(|line| !line.starts_with("|---")).skip(1).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cell = line.trim_start_matches('|').split('|').next().unwrap();
        cell.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(", ")
    };
    table.map(row).collect()
}

/// Each place in which a room knows another that is on a higher floor, the lowest of which comes first; and the rooms
/// that are on none.
fn trespasses(folder: &str, floors: &[&str], left_out: &[&str]) -> Vec<String> {
    let on_floor = |(floor, row)| str::split(row, ", ").map(move |room| (room, floor));
    let floors: HashMap<_, _> = floors.iter().copied().enumerate().flat_map(on_floor).collect();
    let mut found = Vec::new();
    for file in sources(Path::new(folder)) {
        let within = file.strip_prefix(folder).unwrap();
        let room = within.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if left_out.contains(&room.as_str()) {
            continue;
        }
        let Some(floor) = floors.get(room.as_str()) else {
            found.push(format!("`{}` is in no row", file.display()));
            continue;
        };
        let others = known(&fs::read_to_string(&file).unwrap()).into_iter();
        let above = others.filter(|other| floors.get(other.as_str()).is_some_and(|others| others > floor));
        found.extend(above.map(|other| format!("`{}` knows `{other}`", file.display())));
    }
    found
}

/// All source files below a folder, but those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap();
        if entry.is_dir() && !["tests", "twin", "lint"].contains(&name) {
            all.extend(sources(&entry));
        } else if entry.extension().is_some_and(|end| end == "rs") && !["tests", "lint"].contains(&name) {
            all.push(entry);
        }
    }
    all
}

/// The rooms that a file names behind `crate::`, but in its tests, in the order in which they come.
fn known(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let is_module = |(place, _): &(usize, &str)| code[*place..].find('{') < code[*place..].find(';');
    let tests = code.match_indices("#[cfg(test)]").find(is_module).map_or(code.len(), |(place, _)| place);
    let code = &code[..tests];
    let mut rooms = Vec::new();
    for (place, _) in code.match_indices("crate::") {
        let rest = &code[place + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => rooms.extend(first_names(list)),
            None => rooms.push(first_word(rest)),
        }
    }
    rooms
}

/// The first word of each part of a list, up to its end.
fn first_names(list: &str) -> Vec<String> {
    let (mut depth, mut part, mut names) = (0, String::new(), Vec::new());
    for character in list.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first_word(&std::mem::take(&mut part))),
            other if depth == 0 => part.push(other),
            _ => {}
        }
    }
    names.extend((!part.trim().is_empty()).then(|| first_word(&part)));
    names
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect()
}
