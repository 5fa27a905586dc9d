//! The command as it was typed, and others like it that are ready to be typed.

use crate::flags;
use crate::shell::quoted;

/// Flags that may be given several times. Any other flag replaces an earlier one of its name.
const REPEATABLE: [&str; 3] = ["--map", "--skip", "--null-tokens"];
/// Flags that say which Muster is meant, so every other command needs them too.
const WHERE: [&str; 3] = ["--data", "--url", "--key"];
/// What is shown in place of a key, which is nobody's to read from a terminal or a log.
const HIDDEN_KEY: &str = "KEY";

/// The command as it was typed.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    program: String,
    words: Vec<String>,
}

impl Typed {
    /// The command that this process runs.
    pub(crate) fn now() -> Self {
        let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let program = words.next().unwrap_or_else(|| "muster".to_owned());
        Self { program, words: words.collect() }
    }

    #[cfg(test)]
    pub(crate) fn of(program: &str, words: &[&str]) -> Self {
        Self { program: program.to_owned(), words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    /// The same command with these settings.
    pub(crate) fn with(&self, settings: &[(&str, &str)]) -> String {
        let mut words = self.words.clone();
        for (setting, value) in settings {
            let Some(more) = flags::words(setting, value) else { continue };
            let (flag, has_value) = match more[0].split_once('=') {
                Some((flag, _)) => (flag, true),
                None => (more[0].as_str(), more.len() > 1),
            };
            if !REPEATABLE.contains(&flag) {
                remove(&mut words, flag, has_value);
            }
            let at = words.iter().position(|word| word == "--").unwrap_or(words.len());
            words.splice(at..at, more);
        }
        self.line(words)
    }

    /// The same file and settings with another command. It prints for people.
    pub(crate) fn instead(&self, command: &str, other: &str) -> String {
        let mut words = self.words.clone();
        remove(&mut words, "--json", false);
        if let Some(word) = words.iter_mut().find(|word| *word == command) {
            other.clone_into(word);
        }
        self.line(words)
    }

    /// Another command that speaks to the same Muster.
    pub(crate) fn other(&self, words: &[&str]) -> String {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut typed = self.words.iter();
        while let Some(word) = typed.next() {
            if word == "--" {
                break;
            }
            if WHERE.contains(&word.as_str()) {
                all.push(word.clone());
                all.extend(typed.next().cloned());
            } else if WHERE.iter().any(|flag| word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))) {
                all.push(word.clone());
            }
        }
        self.line(all)
    }

    fn line(&self, words: Vec<String>) -> String {
        let mut line = quoted(&self.program);
        let mut is_key = false;
        for word in words {
            line.push(' ');
            match word.strip_prefix("--key=") {
                Some(_) => line.push_str(&format!("--key={HIDDEN_KEY}")),
                None if is_key => line.push_str(HIDDEN_KEY),
                None => line.push_str(&quoted(&word)),
            }
            is_key = word == "--key";
        }
        line
    }
}

/// Removes a flag wherever it was typed.
fn remove(words: &mut Vec<String>, flag: &str, has_value: bool) {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let mut kept = Vec::new();
    let mut typed = words.drain(..).enumerate();
    while let Some((at, word)) = typed.next() {
        if at < end && word == flag {
            if has_value {
                typed.next();
            }
        } else if at >= end || word.strip_prefix(flag).is_none_or(|rest| !rest.starts_with('=')) {
            kept.push(word);
        }
    }
    drop(typed);
    *words = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Typed {
        Typed::of("muster", words)
    }

    #[test]
    fn a_ready_command_has_every_flag_that_was_typed_and_the_new_one() {
        for (words, settings, expected) in [
            (
                vec!["import", "kunden.csv", "--region", "DE"],
                vec![("on_unknown_column", "ignore")],
                "muster import kunden.csv --region DE --skip-unknown",
            ),
            (
                vec!["import", "my file.csv", "--encoding", "utf-8", "--map", "A=email"],
                vec![("encoding", "windows-1252"), ("null_tokens", "-")],
                "muster import 'my file.csv' --map A=email --encoding windows-1252 --null-tokens -",
            ),
            (
                vec!["import", "a.csv", "--null-tokens", "-", "--delimiter", ","],
                vec![("null_tokens", "--"), ("delimiter", "--")],
                "muster import a.csv --null-tokens - --null-tokens=-- --delimiter=--",
            ),
            (
                vec!["import", "--delimiter=,", "--skip-unknown", "a.csv"],
                vec![("delimiter", ";"), ("on_unknown_column", "ignore")],
                "muster import a.csv --delimiter ';' --skip-unknown",
            ),
            (
                vec!["--key", "secret", "import", "--key=secret", "--", "--quote"],
                vec![("quote", "none")],
                "muster --key KEY import --key=KEY --quote none -- --quote",
            ),
            (
                vec!["import", "Ann's.csv"],
                vec![("escape", "backslash")],
                r"muster import 'Ann'\''s.csv' --escape backslash",
            ),
        ] {
            assert_eq!(typed(&words).with(&settings), expected);
        }
    }

    #[test]
    fn a_preview_becomes_an_import_with_the_same_settings() {
        let typed = typed(&["--data", "d", "preview", "--json", "preview", "--map", "A=email"]);
        assert_eq!(typed.instead("preview", "import"), "muster --data d import preview --map A=email");
    }

    #[test]
    fn another_command_speaks_to_the_same_muster() {
        let typed = typed(&["import", "--data", "my data", "a.csv", "--url=http://127.0.0.1:4600", "--json"]);
        assert_eq!(typed.other(&["status", "01K"]), "muster status 01K --data 'my data' --url=http://127.0.0.1:4600");
    }
}
