use super::*;

const REDIRECT_ADDED: &str = "rdr-anchor \"jailbuild/*\"  # added by jailbuild\n";
const FILTER_ADDED: &str = "anchor \"jailbuild/*\"  # added by jailbuild\n";

/// The edited text, with what was added as `+R` and `+F`.
fn marked(text: &str) -> String {
    let text = edited(text).unwrap_or_else(|| "unchanged".to_owned());
    text.replace(REDIRECT_ADDED, "+R\n").replace(FILTER_ADDED, "+F\n")
}

#[test]
fn between_translation_and_filters() {
    assert_eq!(
        marked(
            "ext = \"em0\"\nset skip on lo0\nscrub in all\nnat on $ext from 10.0.0.0/8 to any -> ($ext)\n\nblock all\npass out\n"
        ),
        "ext = \"em0\"\nset skip on lo0\nscrub in all\nnat on $ext from 10.0.0.0/8 to any -> ($ext)\n+R\n\n+F\nblock all\npass out\n"
    );
}

#[test]
fn before_the_filters_where_nothing_is_translated() {
    assert_eq!(
        marked("set skip on lo0\n# in\nblock in all\n"),
        "set skip on lo0\n# in\n+R\n+F\nblock in all\n"
    );
    assert_eq!(marked("antispoof for em0\npass all"), "+R\n+F\nantispoof for em0\npass all\n");
}

#[test]
fn at_the_end_where_there_is_neither() {
    assert_eq!(marked(""), "+R\n+F\n");
    assert_eq!(marked("# pass all\nset skip on lo0\n"), "# pass all\nset skip on lo0\n+R\n+F\n");
    assert_eq!(marked("rdr-anchor \"ftp-proxy/*\"\n"), "rdr-anchor \"ftp-proxy/*\"\n+R\n+F\n");
}

#[test]
fn statements_of_several_lines_stay_whole() {
    let lists = "table <lan> {\n  10.0.0.0/8 # pass\n  pass.example\n}\nrdr on em0 proto tcp \\\n  to port 80 \\\n  -> 10.0.0.2\nblock in \\\n all\n";
    assert_eq!(marked(lists), lists.replace("10.0.0.2\n", "10.0.0.2\n+R\n+F\n"));
    assert_eq!(
        marked("nat on em0 -> 10.0.0.1\nanchor \"x\" {\n  pass in\n  rdr on em1 -> 10.0.0.3\n}\n"),
        "nat on em0 -> 10.0.0.1\n+R\n+F\nanchor \"x\" {\n  pass in\n  rdr on em1 -> 10.0.0.3\n}\n"
    );
}

#[test]
fn quotes_hide_what_looks_like_a_comment_or_a_list() {
    assert_eq!(
        marked("hash = \"# { \"\npass label \"} #\"\n"),
        "hash = \"# { \"\n+R\n+F\npass label \"} #\"\n"
    );
}

#[test]
fn lines_that_are_there_stay_as_they_are() {
    for text in [
        MINIMAL,
        "nat-anchor \"*\"\nrdr-anchor \"jailbuild/*\"\nblock drop quick from <bad>\nanchor \"jailbuild/*\" # ours\npass\n",
        "  rdr-anchor   \"jailbuild/*\"\n\tanchor\t\"jailbuild/*\"\n",
    ] {
        assert_eq!(marked(text), "unchanged", "{text}");
    }
    for text in ["", "pass\n", "nat on em0 -> 10.0.0.1\npass\n"] {
        assert_eq!(edited(&edited(text).unwrap_or_default()), None, "{text}");
    }
}

#[test]
fn lines_in_the_wrong_order_are_moved() {
    assert_eq!(
        marked("anchor \"jailbuild/*\"\nrdr-anchor \"jailbuild/*\"\npass all\n"),
        "+R\n+F\npass all\n"
    );
    assert_eq!(marked("block all\nrdr-anchor \"jailbuild/*\"\n"), "+R\n+F\nblock all\n");
    assert_eq!(
        marked("anchor \"jailbuild/*\"\nnat on em0 -> 10.0.0.1\npass\n"),
        "nat on em0 -> 10.0.0.1\n+R\n+F\npass\n"
    );
}

#[test]
fn a_line_that_is_commented_out_is_not_there() {
    assert_eq!(
        marked("# rdr-anchor \"jailbuild/*\"\nanchor \"jailbuild/*\"\n"),
        "# rdr-anchor \"jailbuild/*\"\n+R\n+F\n"
    );
}
