//! Reads a transcript, and walks the stage through it.

use std::{fs, path::Path};

use super::stage::Stage;

/// One step: where it stands, what it says, and what is indented below it.
struct Step {
    line: usize,
    text: String,
    body: String,
}

/// What does not hold, with file and line; at most one for each scenario.
pub(super) fn run(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    if !text.starts_with("# RFC ") && !text.starts_with("# XEP-") && !text.starts_with("# X\n") {
        return vec![format!("{name}:1: the first line names no RFC or XEP")];
    }
    let mut failures = Vec::new();
    let mut stage: Option<Stage> = None;
    let mut has_failed = false;
    for step in steps(&text) {
        let outcome = if let Some(title) = step.text.strip_prefix("== ") {
            has_failed = false;
            stage.replace(Stage::new(title)).map_or(Ok(()), Stage::end)
        } else if has_failed {
            Ok(())
        } else {
            stage
                .as_mut()
                .map_or(Err("no scenario yet".to_owned()), |stage| stage.step(&step.text, &step.body))
        };
        if let Err(failure) = outcome {
            has_failed = !step.text.starts_with("== ");
            failures.push(format!("{name}:{}: `{}`: {failure}", step.line, step.text));
            if has_failed {
                stage = Some(Stage::new("over"));
            }
        }
    }
    failures.extend(stage.and_then(|stage| stage.end().err()).map(|failure| format!("{name}: {failure}")));
    failures
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with(' ') {
            let step = steps.last_mut().expect("something is indented below nothing");
            step.body.push_str(line.trim_start());
            step.body.push('\n');
        } else if !line.is_empty() && !line.starts_with('#') {
            steps.push(Step { line: index + 1, text: line.to_owned(), body: String::new() });
        }
    }
    steps
}
