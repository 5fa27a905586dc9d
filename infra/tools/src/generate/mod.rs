//! `muster generate`: made-up customers in any number, the same bytes for the same seed on every machine.

mod arguments;
mod names;
mod people;
mod random;
mod rows;
mod write;

use std::io::BufWriter;

use anyhow::Context as _;

pub use arguments::Generate;

impl Generate {
    /// Writes the file to where the arguments say.
    ///
    /// # Errors
    /// When the file or standard output cannot be written.
    pub fn run(&self) -> anyhow::Result<()> {
        match &self.output {
            Some(path) => {
                let unwritable = || format!("{} cannot be written", path.display());
                let file = std::fs::File::create(path).with_context(unwritable)?;
                self.write(BufWriter::with_capacity(1 << 20, file)).with_context(unwritable)
            }
            None => self.write(BufWriter::new(std::io::stdout().lock())).context("standard output cannot be written"),
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::Encoding;

    use super::rows::EXTRA_COLUMNS;
    use super::*;

    fn written(flags: &str) -> Vec<u8> {
        let mut out = Vec::new();
        Generate::from_flags(flags.split_whitespace().map(ToOwned::to_owned)).unwrap().write(&mut out).unwrap();
        out
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(written("--rows 50 --seed 3 --duplicates 10"), written("--rows 50 --seed 3 --duplicates 10"));
        assert_ne!(written("--rows 50 --seed 3"), written("--rows 50 --seed 4"));
    }

    #[test]
    fn as_many_rows_are_written_as_were_asked_for_and_all_differ() {
        let text = written("--rows 500 --newlines --stray-quotes");
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let emails: std::collections::HashSet<String> =
            reader.records().map(|record| record.unwrap()[1].to_owned()).collect();
        assert_eq!(emails.len(), 500);
    }

    #[test]
    fn names_are_only_those_that_the_encoding_can_write() {
        for label in ["windows-1251", "windows-1252", "shift_jis", "gb18030", "utf-16le", "utf-16be"] {
            let bytes = written(&format!("--rows 300 --bom --encoding {label} --line-end cr --all-columns"));
            let (text, encoding, bad) = Encoding::for_label(label.as_bytes()).unwrap().decode(&bytes);
            assert!(!bad, "{label}");
            assert_eq!(text.matches('\r').count(), 301, "{label} as {}", encoding.name());
            assert!(!text.contains("&#"), "{label} has names that it cannot write");
        }
    }

    #[test]
    fn extra_columns_change_no_other_column() {
        let plain = String::from_utf8(written("--rows 20")).unwrap();
        let more = String::from_utf8(written("--rows 20 --all-columns --segments 3 --actions 2")).unwrap();
        for (plain, more) in plain.lines().zip(more.lines()) {
            let added = more.strip_prefix(plain).unwrap();
            assert_eq!(added.split(',').count(), 1 + EXTRA_COLUMNS.len() + 3, "{more}");
        }
        let quoted = String::from_utf8(written("--rows 20 --quote-all --clear 50 --blank-lines 2")).unwrap();
        assert!(quoted.contains("\"%CLEAR%\"") && quoted.ends_with("\"\n\n\n"));
    }

    #[test]
    fn each_damage_is_done_where_it_was_asked_for() {
        assert!(written("--rows 3 --bad-bytes 2").windows(2).any(|pair| pair == b"\xff\xfe"));
        assert!(written("--rows 3 --nul 2").contains(&0));
        assert!(written("--rows 3 --large-cell 2").len() > 64 * 1024);
        let header = |flag: &str| String::from_utf8(written(flag)).unwrap().lines().next().unwrap().to_owned();
        assert!(header("--rows 1 --unknown-column").ends_with(",favourite colour"));
        assert!(header("--rows 1 --duplicate-column").ends_with(",city,City"));
        assert!(String::from_utf8(written("--rows 1 --empty-column")).unwrap().ends_with(",\n"));
        assert!(written("--rows 3 --unclosed-quote").ends_with(b"\"never closed"));
        assert!(!String::from_utf8(written("--rows 3 --no-identifier")).unwrap().contains('@'));
        assert!(String::from_utf8(written("--rows 200 --invalid 50")).unwrap().contains("1990-02-31"));
    }
}
