//! The two lines of pf.conf(5) by which the host's main ruleset evaluates the anchors of appliances.

/// What stands among the translation rules.
pub const REDIRECT: &str = "rdr-anchor \"jailbuild/*\"";

/// What stands before the other filter rules.
pub const FILTER: &str = "anchor \"jailbuild/*\"";

/// A ruleset for a host that has none. It keeps nobody out of the host, and changes nothing but that appliances are closed.
pub const MINIMAL: &str = "\
# Made by jailbuild for a host without a pf.conf: all may pass but what the appliances keep out.
# Your own rules may stand here, too: see pf.conf(5).
set skip on lo0
rdr-anchor \"jailbuild/*\"
anchor \"jailbuild/*\"
pass all
";

/// The ruleset with both lines in their places; `None` where they are there.
///
/// The redirections come after the host's own, which win; the filter rules before them, since they say of the appliances'
/// own interfaces what is allowed there, and of nothing else.
pub fn edited(text: &str) -> Option<String> {
    let statements = statements(text);
    let is = |line: &str| statements.iter().position(|statement| statement.words == line);
    let first_filter = statements.iter().position(|statement| statement.kind == Kind::Filter);
    let last_translation = statements.iter().rposition(|statement| statement.kind == Kind::Translation);
    let redirects = is(REDIRECT).filter(|at| first_filter.is_none_or(|filter| *at < filter));
    let filters = is(FILTER).filter(|at| last_translation.is_none_or(|translation| *at > translation));
    if redirects.is_some() && filters.is_some() {
        return None;
    }
    // What stands in the wrong place is taken out, and both are put in anew.
    let misplaced = |line: usize| {
        let ours = |statement: &&Statement| statement.words == REDIRECT || statement.words == FILTER;
        statements.iter().filter(ours).any(|statement| statement.lines.contains(&line))
    };
    let others = || statements.iter().filter(|other| other.words != REDIRECT && other.words != FILTER);
    let after_translations =
        others().rev().find(|other| other.kind == Kind::Translation).map(|other| other.lines.end);
    let before_filters = others().find(|other| other.kind == Kind::Filter).map(|other| other.lines.start);
    let lines: Vec<&str> = text.lines().collect();
    let filter_at = before_filters.unwrap_or(lines.len());
    let redirect_at = after_translations.unwrap_or(filter_at).min(filter_at);
    let mut out = Vec::new();
    for index in 0..=lines.len() {
        out.extend((index == redirect_at).then(|| added(REDIRECT)));
        out.extend((index == filter_at).then(|| added(FILTER)));
        out.extend(lines.get(index).filter(|_| !misplaced(index)).map(|line| (*line).to_owned()));
    }
    Some(out.join("\n") + "\n")
}

fn added(line: &str) -> String {
    format!("{line}  # added by jailbuild")
}

/// A statement: with what it begins decides where it may stand.
#[derive(Debug)]
struct Statement {
    /// The lines that it takes, counted from 0.
    lines: std::ops::Range<usize>,
    /// Its words, with one space between them, without comments.
    words: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Filter,
    Translation,
    Other,
}

impl Kind {
    /// pf.conf(5): translation comes before filtering, and all else may stand before both.
    fn of(words: &str) -> Self {
        let mut words = words.split(' ');
        match words.next().unwrap_or_default() {
            "anchor" | "antispoof" | "block" | "match" | "pass" => Self::Filter,
            "binat" | "binat-anchor" | "nat" | "nat-anchor" | "no" | "rdr" | "rdr-anchor" => {
                Self::Translation
            }
            _ => Self::Other,
        }
    }
}

/// The statements of a ruleset. One goes on over the end of its line behind a `\`, and within braces.
fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Vec<&str>)> = None;
    let mut depth = 0;
    for (index, line) in text.lines().enumerate() {
        let code = code(line);
        let (code, goes_on) = match code.trim_end().strip_suffix('\\') {
            Some(code) => (code, true),
            None => (code, false),
        };
        depth += braces(code);
        let (start, mut words) = open.take().unwrap_or((index, Vec::new()));
        words.extend(code.split_whitespace());
        if goes_on || depth > 0 {
            open = Some((start, words));
        } else if !words.is_empty() {
            let words = words.join(" ");
            found.push(Statement { lines: start..index + 1, kind: Kind::of(&words), words });
        }
    }
    found
}

/// A line without its comment: a `#` between quotes is none.
fn code(line: &str) -> &str {
    let mut quoted = false;
    let comment = line.find(|letter: char| {
        quoted ^= letter == '"';
        letter == '#' && !quoted
    });
    &line[..comment.unwrap_or(line.len())]
}

/// How many braces it opens more than it closes, quotes aside.
fn braces(code: &str) -> i32 {
    let outside = code.split('"').step_by(2).flat_map(str::chars);
    outside.map(|letter| i32::from(letter == '{') - i32::from(letter == '}')).sum()
}

#[cfg(test)]
mod tests;
