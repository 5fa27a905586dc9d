//! The trace of an import. It is the trace of the request that launched the import, and every message of the import
//! carries it.
//!
//! It is read from AWS's header (`Root=1-67a…;Parent=53…;Sampled=1`) or a W3C `traceparent`, and written as AWS's
//! header. If the request has no trace, one is made from the import's id, so every function makes the same one.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>,
//! <https://www.w3.org/TR/trace-context/#traceparent-header>

use std::fmt;

use super::id::ImportId;

/// A trace and the span in it that launched the import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Hexadecimal: 8 digits of the second it began, 24 random ones.
    id: String,
    /// Hexadecimal, 16 digits.
    parent: Option<String>,
    sampled: bool,
}

impl Trace {
    /// The trace of an import whose request had none.
    pub fn for_import(import: ImportId) -> Self {
        let bytes = import.to_bytes();
        let random: String = bytes[6..].iter().map(|byte| format!("{byte:02x}")).collect();
        let seconds = import.launched().as_second() & 0xffff_ffff;
        Self { id: format!("{seconds:08x}0000{random}"), parent: None, sampled: false }
    }

    /// Reads a trace header of AWS.
    pub fn from_header(header: &str) -> Option<Self> {
        let field = |name: &str| header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        let (version, rest) = field("Root")?.split_once('-')?;
        let (seconds, random) = rest.split_once('-')?;
        if version != "1" || !is_hex(seconds, 8) || !is_hex(random, 24) {
            return None;
        }
        let parent = field("Parent").filter(|parent| is_hex(parent, 16)).map(str::to_ascii_lowercase);
        let id = format!("{seconds}{random}").to_ascii_lowercase();
        Some(Self { id, parent, sampled: field("Sampled") == Some("1") })
    }

    /// Reads a W3C `traceparent`.
    pub fn from_traceparent(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_valid =
            is_hex(version, 2) && version != "ff" && is_hex(flags, 2) && (version != "00" || parts.next().is_none());
        let is_one = |text: &str, digits| is_hex(text, digits) && text.bytes().any(|digit| digit != b'0');
        if !is_valid || !is_one(id, 32) || !is_one(parent, 16) {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { id: id.to_ascii_lowercase(), parent: Some(parent.to_ascii_lowercase()), sampled })
    }

    /// The trace's id as X-Ray shows it.
    pub fn root(&self) -> String {
        format!("1-{}-{}", &self.id[..8], &self.id[8..])
    }
}

/// In the form of AWS's header.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root={}", self.root())?;
        if let Some(parent) = &self.parent {
            write!(f, ";Parent={parent}")?;
        }
        write!(f, ";Sampled={}", u8::from(self.sampled))
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_both_kinds_are_read_and_written_alike() {
        let aws = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let lineage = format!("{aws};Lineage=a87bd80c:0|68fd508a:5");
        let w3c = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
        for trace in [Trace::from_header(aws), Trace::from_header(&lineage), Trace::from_traceparent(w3c)] {
            assert_eq!(trace.unwrap().to_string(), aws);
        }
        assert_eq!(Trace::from_header("Root=1-5759e988-bd862e3fe1be46a994272793").unwrap().root(), aws[5..40]);
    }

    #[test]
    fn a_text_that_is_no_trace_is_refused() {
        for header in
            ["", "Root=1-5759e988-xx862e3fe1be46a994272793", "Root=2-5759e988-bd862e3fe1be46a994272793", "Self=1"]
        {
            assert_eq!(Trace::from_header(header), None, "{header}");
        }
        for header in [
            "00-00000000000000000000000000000000-53995c3f42cd8ad8-01",
            "00-5759e988bd862e3fe1be46a994272793-0000000000000000-01",
            "ff-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
            "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01-more",
            "00-é759e988bd862e3fe1be46a99427279-53995c3f42cd8ad8-01",
        ] {
            assert_eq!(Trace::from_traceparent(header), None, "{header}");
        }
    }

    #[test]
    fn an_import_that_nobody_traces_has_a_trace_of_its_own() {
        let import: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let trace = Trace::for_import(import);
        assert_eq!(Trace::from_header(&trace.to_string()), Some(trace.clone()));
        assert_ne!(Trace::for_import("01KB7Z4Q0VX3H9M2T5R8N6C1DF".parse().unwrap()), trace);
    }
}
