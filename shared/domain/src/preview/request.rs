//! The body of `POST /imports/preview`: that of `POST /imports`, and the first bytes of the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::Sample;
use crate::definitions::{Definition, SentRequest};
use crate::imports::ImportRequest;
use crate::input::{FieldProblem, read_json};

/// Most bytes of a sample.
pub const MAX_SAMPLE: usize = 256 * 1024;
/// The characters that these take in base64.
const MAX_ENCODED: usize = MAX_SAMPLE.div_ceil(3) * 4;
/// The field with the sample.
const FIELD: &str = "sample";

/// What to preview, and by which settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRequest {
    /// The settings, as an import has them.
    pub request: ImportRequest,
    /// The first bytes of the file as it would be uploaded, so of a compressed file compressed ones.
    pub sample: Sample,
}

/// The body of `POST /imports/preview` before its definition is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentPreview {
    /// The settings as they were sent.
    pub request: SentRequest,
    bytes: Result<Vec<u8>, FieldProblem>,
}

impl SentPreview {
    /// Reads a body as far as it names a definition.
    ///
    /// # Errors
    /// When it is no JSON, or what is wrong with its name of a definition and with its sample.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        let mut json: Json = read_json(body)?;
        let encoded = json.as_object_mut().and_then(|fields| fields.remove(FIELD));
        let bytes = decoded(encoded.as_ref());
        match SentRequest::parse(&serde_json::to_vec(&json).unwrap_or_default()) {
            Ok(request) => Ok(Self { request, bytes }),
            Err(problems) => Err(problems.into_iter().chain(bytes.err()).collect()),
        }
    }

    /// What to preview, with the settings that the definition adds.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn complete(self, definition: Option<&Definition>) -> Result<PreviewRequest, Vec<FieldProblem>> {
        let (request, bytes) = match (self.request.complete(definition), self.bytes) {
            (Ok(request), Ok(bytes)) => (request, bytes),
            (request, bytes) => {
                return Err(request.err().into_iter().flatten().chain(bytes.err()).collect());
            }
        };
        let length = bytes.len() as u64;
        match request.file.size {
            Some(size) if size < length => {
                let message = format!(
                    "The sample has {length} bytes, and `file.size` says that the file has {size}. Correct one of them."
                );
                Err(vec![FieldProblem::new(FIELD, "size_mismatch", message)])
            }
            size => Ok(PreviewRequest {
                sample: Sample { is_whole: size.is_none_or(|size| size == length), bytes },
                request,
            }),
        }
    }
}

impl PreviewRequest {
    /// Reads the body of `POST /imports/preview` that names no definition.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        SentPreview::parse(body)?.complete(None)
    }
}

fn decoded(encoded: Option<&Json>) -> Result<Vec<u8>, FieldProblem> {
    let problem = |code, message: String| Err(FieldProblem::new(FIELD, code, message));
    let encoded = match encoded {
        None => {
            return problem("missing_field", "Give the first bytes of the file in base64, up to 256 KiB.".to_owned());
        }
        Some(Json::String(encoded)) => encoded,
        Some(_) => {
            return problem("wrong_type", "The sample is a text: the first bytes of the file in base64.".to_owned());
        }
    };
    if encoded.len() > MAX_ENCODED {
        let bytes = encoded.len() / 4 * 3;
        let message = format!(
            "The sample has about {bytes} bytes; {MAX_SAMPLE} are the most. Send only the first 256 KiB of the file."
        );
        return problem("too_large", message);
    }
    match STANDARD.decode(encoded) {
        Ok(bytes) if bytes.len() > MAX_SAMPLE => {
            let message = format!(
                "The sample has {} bytes; {MAX_SAMPLE} are the most. Send only the first 256 KiB of the file.",
                bytes.len()
            );
            problem("too_large", message)
        }
        Ok(bytes) => Ok(bytes),
        Err(error) => {
            let message = format!("The sample is not base64 (RFC 4648, with padding): {error}.");
            problem("invalid_base64", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(body: &str) -> Vec<(String, &'static str)> {
        let problems = PreviewRequest::parse(body.as_bytes()).err().unwrap_or_default();
        problems.into_iter().map(|problem| (problem.path, problem.code)).collect()
    }

    #[test]
    fn everything_wrong_with_a_request_is_named_by_its_path() {
        for (body, expected) in [
            (r#"{"file":{"name":"a.csv"},"sample":"ZW1haWwK"}"#, &[][..]),
            (r#"{"file":{"name":"a.csv","size":6},"sample":"ZW1haWwK"}"#, &[]),
            (r#"{"file":{"name":"a.csv"}}"#, &[("sample", "missing_field")]),
            (r#"{"file":{"name":"a.csv"},"sample":7}"#, &[("sample", "wrong_type")]),
            (r#"{"file":{"name":"a.csv"},"sample":"ZW1haWw"}"#, &[("sample", "invalid_base64")]),
            (r#"{"file":{"name":"a.csv"},"sample":"%"}"#, &[("sample", "invalid_base64")]),
            (r#"{"file":{"name":"a.csv","size":5},"sample":"ZW1haWwK"}"#, &[("sample", "size_mismatch")]),
            (
                r#"{"file":{"name":"a.csv"},"quote":"xy","sample":"ZW1haWw"}"#,
                &[("quote", "invalid_quote"), ("sample", "invalid_base64")],
            ),
            (r#"{"file":{"name":"a.csv"},"samples":"","sample":""}"#, &[("samples", "unknown_field")]),
            (r#"{"sample":"ZW1haWwK"}"#, &[("", "missing_field")]),
            (r"[]", &[("", "wrong_type"), ("sample", "missing_field")]),
            (r"{", &[("", "invalid_json")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(path, code)| ((*path).to_owned(), *code)).collect();
            assert_eq!(problems(body), expected, "{body}");
        }
    }

    #[test]
    fn a_sample_has_at_most_256_kib() {
        let body = |bytes: usize| {
            format!(r#"{{"file":{{"name":"a.csv"}},"sample":"{}"}}"#, STANDARD.encode(vec![b'a'; bytes]))
        };
        assert_eq!(problems(&body(MAX_SAMPLE)), []);
        for bytes in [MAX_SAMPLE + 1, MAX_SAMPLE + 2, MAX_SAMPLE * 4] {
            assert_eq!(problems(&body(bytes)), [("sample".to_owned(), "too_large")], "{bytes}");
        }
    }

    #[test]
    fn a_sample_that_the_size_says_is_shorter_than_the_file_is_its_beginning() {
        for (size, is_whole) in [(r#","size":6"#, true), (r#","size":7"#, false), ("", true)] {
            let body = format!(r#"{{"file":{{"name":"a.csv"{size}}},"sample":"ZW1haWwK"}}"#);
            let sample = PreviewRequest::parse(body.as_bytes()).unwrap().sample;
            assert_eq!(sample, Sample { bytes: b"email\n".to_vec(), is_whole }, "{size}");
        }
    }
}
