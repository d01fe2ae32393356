//! What is typed and what is answered: transcripts of the tool from outside, with their exit codes.

#[test]
fn transcripts() {
    let cases = trycmd::TestCases::new();
    cases.env("NO_COLOR", "1").case("tests/cli/*.trycmd");
}
