//! A record's cells, read with csv-core into a buffer that is used again.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// The cells of one record.
#[derive(Debug)]
pub(crate) struct Cells {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Cells {
    pub(crate) fn new(delimiter: u8, quote: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).quote(quote).build();
        Self { reader, text: vec![0; 1024], ends: vec![0; 64], count: 0 }
    }

    /// Reads a record without its line end.
    pub(crate) fn read(&mut self, record: &str) {
        self.reader.reset();
        let (mut input, mut out) = (record.as_bytes(), 0);
        self.count = 0;
        loop {
            let (result, read, wrote, ended) =
                self.reader.read_record(input, &mut self.text[out..], &mut self.ends[self.count..]);
            input = &input[read..];
            out += wrote;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return,
            }
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The cells as text: they were cut from text at ASCII characters.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut start = 0;
        let cell = |end: &usize| {
            let bytes = &self.text[start..*end];
            start = *end;
            std::str::from_utf8(bytes).unwrap_or_default()
        };
        self.ends[..self.count].iter().map(cell).collect()
    }
}
