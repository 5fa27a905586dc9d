//! The dispatch pass: a part of a checked file, chunk by chunk, to the batches of one wave. It only finds records; what
//! each is about was planned by the check pass.

use super::batch::{Batch, BatchBuilder};
use super::checked::Checked;
use super::later_rows::LaterRows;
use super::planner::is_header;
use super::wave::Wave;
use crate::columns::Layout;
use crate::file::{CellReader, Decoder, Dialect, Scanner};

/// A pass over one part of a checked file.
#[derive(Debug)]
pub struct Dispatch {
    decoder: Decoder,
    scanner: Scanner,
    dialect: Dialect,
    /// Records still to be passed over: the header, in the first part.
    head: u32,
    row: u64,
    /// Finds records that are the header again, if the file has any.
    reader: Option<(CellReader, Layout)>,
    wave: Wave,
    later_rows: LaterRows,
    batches: BatchBuilder,
}

/// The part is not the one that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file part cannot be read as it was checked")]
pub struct NotAsChecked;

impl Dispatch {
    /// A pass over the part of this number, for the batches of a wave. None if there is no such part.
    pub fn new(checked: &Checked, part: u32, wave: Wave, later_rows: LaterRows) -> Option<Self> {
        let begin = checked.parts.get(part as usize)?;
        let decoder = Decoder::new(&checked.encoding);
        let scanner = match checked.header_line.filter(|_| part == 0) {
            Some(line) => Scanner::dropping_lines_before(line),
            None => Scanner::from_line(begin.line),
        };
        let reader = (checked.repeated_headers > 0)
            .then(|| (CellReader::new(checked.dialect).of_width(checked.layout.columns.len()), checked.layout.clone()));
        let (decoder, head) = if part == 0 { (decoder, checked.head_records) } else { (decoder.after_start(), 0) };
        Some(Self {
            decoder,
            scanner,
            reader,
            dialect: checked.dialect,
            head,
            row: begin.row,
            wave,
            later_rows,
            batches: BatchBuilder::new(wave, begin.batches.of(wave), checked.batch_rows),
        })
    }

    /// Takes the next bytes of the part.
    ///
    /// # Errors
    /// [`NotAsChecked`]: trying again cannot help.
    pub fn push(&mut self, chunk: &[u8], batches: &mut impl FnMut(Batch)) -> Result<(), NotAsChecked> {
        self.take(chunk, false, batches)
    }

    /// Ends the part, and with it the open batch.
    ///
    /// # Errors
    /// [`NotAsChecked`]: trying again cannot help.
    pub fn finish(mut self, batches: &mut impl FnMut(Batch)) -> Result<(), NotAsChecked> {
        self.take(&[], true, batches)?;
        self.batches.take().into_iter().for_each(batches);
        Ok(())
    }

    fn take(&mut self, chunk: &[u8], last: bool, batches: &mut impl FnMut(Batch)) -> Result<(), NotAsChecked> {
        self.decoder.push(chunk, last, self.scanner.buffer()).map_err(|_| NotAsChecked)?;
        self.scanner.scan(self.dialect, last, &mut |record| {
            if self.head > 0 {
                self.head -= 1;
                return;
            }
            if let Some((reader, layout)) = &mut self.reader
                && is_header(&reader.read(record.text), layout)
            {
                return;
            }
            self.row += 1;
            if self.later_rows.wave_of(self.row) == self.wave
                && let Some(batch) = self.batches.add(self.row, record.line, record.text)
            {
                batches(batch);
            }
        });
        Ok(())
    }
}
