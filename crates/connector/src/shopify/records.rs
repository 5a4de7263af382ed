//! CSV records out of a stream of chunks, each with the bytes and the line it stands at, so that an import can go on
//! where it stopped and a bad row can be named.
//!
//! A broken quote would swallow the rows behind it. A record that does not have the header's number of cells but spans
//! several lines, or grows beyond [`MAX_RECORD`], is therefore given up after its first line, and reading goes on at the
//! next one: damage stays where it is.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// The longest record in bytes: a product's description is the largest cell of an export, some tens of kilobytes.
pub const MAX_RECORD: usize = 256 * 1024;

/// A byte order mark, which spreadsheet programs put in front.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line it begins at, the header's being 1.
    pub line: i64,
    /// Where it begins in the file, in bytes.
    pub start: u64,
    /// Where the next one begins.
    pub end: u64,
    /// Its cells, or why it has none.
    pub cells: Result<Vec<String>, String>,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Bytes from the file's beginning.
    pub offset: u64,
    /// The line there, from 1.
    pub line: i64,
}

impl Position {
    /// The file's beginning.
    pub const START: Self = Self { offset: 0, line: 1 };
}

/// Cuts a stream into records.
#[derive(Debug)]
pub struct Records {
    buffer: Vec<u8>,
    at: Position,
    /// Cells every record has; 0 before the header is known.
    width: usize,
}

enum Cut {
    /// A record of so many bytes.
    Whole(usize, Result<Vec<String>, String>),
    /// More bytes are needed.
    More,
}

impl Records {
    /// A reader at a position. `width` is the number of cells of the header, 0 where the header itself is to be read.
    #[must_use]
    pub fn new(at: Position, width: usize) -> Self {
        Self { buffer: Vec::new(), at, width }
    }

    /// Says how many cells every record has from here on.
    pub fn set_width(&mut self, width: usize) {
        self.width = width;
    }

    /// Takes a chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next record that is whole. `ended` says that no chunk will follow.
    pub fn next(&mut self, ended: bool) -> Option<Record> {
        loop {
            if self.at.offset == 0 && self.buffer.starts_with(BOM) {
                self.skip(BOM.len());
            }
            // Line ends belong to no record, so that it ends at the same byte however the chunks fall.
            let blank = self.buffer.iter().take_while(|byte| line_end(byte)).count();
            if blank > 0 {
                self.skip(blank);
                continue;
            }
            if self.buffer.is_empty() {
                return None;
            }
            let (line, start) = (self.at.line, self.at.offset);
            let (length, cells) = match self.cut(ended) {
                Cut::More => return None,
                Cut::Whole(length, cells) => (length, cells),
            };
            self.skip(length);
            return Some(Record { line, start, end: self.at.offset, cells });
        }
    }

    fn skip(&mut self, bytes: usize) {
        let passed = self.buffer.drain(..bytes.min(self.buffer.len()));
        let lines = passed.filter(|byte| *byte == b'\n').count();
        self.at.offset += bytes as u64;
        self.at.line += i64::try_from(lines).unwrap_or(i64::MAX);
    }

    fn cut(&self, ended: bool) -> Cut {
        let mut reader: Reader = ReaderBuilder::new().build();
        // A cell never has more bytes than stand in the file; a record never more cells than bytes.
        let mut output = vec![0; self.buffer.len().min(MAX_RECORD) + 1];
        let mut ends = vec![0; self.width.max(64) * 2];
        let (mut read, mut written, mut cells) = (0, 0, 0);
        loop {
            let input = self.buffer.get(read..).unwrap_or_default();
            let (result, nin, nout, nends) = reader.read_record(
                input,
                output.get_mut(written..).unwrap_or_default(),
                ends.get_mut(cells..).unwrap_or_default(),
            );
            read += nin;
            written += nout;
            cells += nends;
            match result {
                ReadRecordResult::Record => {
                    let values =
                        values(output.get(..written).unwrap_or_default(), ends.get(..cells).unwrap_or_default());
                    let record = self.buffer.get(..read).unwrap_or_default();
                    let length = record.iter().rposition(|byte| !line_end(byte)).map_or(read, |last| last + 1);
                    return self.judge(length, values);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull if self.buffer.len() < MAX_RECORD => {
                    output.resize(output.len() * 2, 0);
                    ends.resize(ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return self.first_line("is longer than any row of an export; a quote is probably not closed");
                }
                ReadRecordResult::InputEmpty if self.buffer.len() > MAX_RECORD => {
                    return self.first_line("is longer than any row of an export; a quote is probably not closed");
                }
                ReadRecordResult::InputEmpty if !ended => return Cut::More,
                // Told with an empty input, the reader ends the record at the file's end.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => {
                    let values =
                        values(output.get(..written).unwrap_or_default(), ends.get(..cells).unwrap_or_default());
                    return self.judge(self.buffer.len(), values);
                }
            }
        }
    }

    /// A record with the wrong number of cells is one row when it is one line; else its first line is to blame.
    fn judge(&self, length: usize, values: Result<Vec<String>, String>) -> Cut {
        let record = self.buffer.get(..length).unwrap_or_default();
        if !quotes_fit(record) {
            return self.first_line("has a quote that is not closed where its cell ends");
        }
        let found = values.as_ref().map_or(0, Vec::len);
        let lines = record.iter().filter(|byte| **byte == b'\n').count();
        match values {
            Ok(_) if self.width != 0 && found != self.width => {
                let reason = format!("has {found} cells, the header has {}", self.width);
                if lines > 0 { self.first_line(&reason) } else { Cut::Whole(length, Err(reason)) }
            }
            values => Cut::Whole(length, values),
        }
    }

    fn first_line(&self, reason: &str) -> Cut {
        let length = self.buffer.iter().position(line_end).unwrap_or(self.buffer.len());
        Cut::Whole(length.max(1), Err(reason.to_owned()))
    }
}

/// Whether every quoted cell ends where its quote does. The reader is lenient there, and would take the rows between two
/// unrelated quotes for one cell.
fn quotes_fit(record: &[u8]) -> bool {
    let mut bytes = record.iter().peekable();
    let (mut quoted, mut begins) = (false, true);
    while let Some(byte) = bytes.next() {
        if quoted {
            if *byte == b'"' && bytes.next_if_eq(&&b'"').is_none() {
                if bytes.peek().is_some_and(|next| !matches!(next, b',' | b'\r' | b'\n')) {
                    return false;
                }
                quoted = false;
            }
        } else {
            quoted = begins && *byte == b'"';
            begins = matches!(byte, b',' | b'\r' | b'\n');
        }
    }
    !quoted
}

const fn line_end(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn values(output: &[u8], ends: &[usize]) -> Result<Vec<String>, String> {
    let mut start = 0;
    let mut values = Vec::with_capacity(ends.len());
    for end in ends {
        let cell = output.get(start..*end).unwrap_or_default();
        let text = std::str::from_utf8(cell).map_err(|_| "is not UTF-8; save the file as UTF-8".to_owned())?;
        values.push(text.to_owned());
        start = *end;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8], chunk: usize, width: usize) -> Vec<Record> {
        let mut records = Records::new(Position::START, width);
        let mut found = Vec::new();
        for chunk in bytes.chunks(chunk.max(1)) {
            records.push(chunk);
            while let Some(record) = records.next(false) {
                found.push(record);
            }
        }
        while let Some(record) = records.next(true) {
            found.push(record);
        }
        found
    }

    fn cells(records: &[Record]) -> Vec<Vec<String>> {
        records.iter().filter_map(|record| record.cells.clone().ok()).collect()
    }

    #[test]
    fn cells_may_hold_quotes_commas_and_line_breaks() {
        let text = "\u{feff}a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\r\n1,2";
        let records = all(text.as_bytes(), 3, 2);
        assert_eq!(cells(&records), [vec!["a", "b"], vec!["x, \"y\"", "two\nlines"], vec!["1", "2"]]);
        assert_eq!(records.iter().map(|record| record.line).collect::<Vec<_>>(), [1, 2, 5]);
    }

    #[test]
    fn a_broken_quote_costs_its_own_row_only() {
        let text = "a,b,c\n1,2,3\n4,\"5,6\n7,8,9\n10,\"11\",12\n";
        let records = all(text.as_bytes(), 4, 3);
        let bad: Vec<i64> = records.iter().filter(|record| record.cells.is_err()).map(|record| record.line).collect();
        assert_eq!((bad, cells(&records).len()), (vec![3], 4));
    }

    #[test]
    fn a_row_that_is_cut_short_is_named() {
        let records = all(b"a,b,c\n1,2\n3,4,5\n", 100, 3);
        assert_eq!(records[1].cells, Err("has 2 cells, the header has 3".to_owned()));
        assert_eq!((records[1].line, records[1].start, records[1].end), (2, 6, 9));
        assert_eq!(cells(&records).len(), 2);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks_give_the_same_records_and_cover_the_file(
            bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r\xc3x".to_vec()), 0..80), chunk in 1_usize..9
        ) {
            let whole = all(&bytes, 1_000, 2);
            prop_assert_eq!(&whole, &all(&bytes, chunk, 2));
            for pair in whole.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start && pair[0].start < pair[0].end);
            }
        }

        #[test]
        fn reading_on_from_any_record_finds_the_rest(rows in prop::collection::vec("[a-z\"\n,]{0,6}", 1..12), from in 0_usize..12) {
            let mut text = String::new();
            for row in &rows {
                text.push_str(&format!("\"{}\",x\n", row.replace('"', "\"\"")));
            }
            let whole = all(text.as_bytes(), 7, 2);
            let from = from.min(whole.len() - 1);
            let at = Position { offset: whole[from].start, line: whole[from].line };
            let mut records = Records::new(at, 2);
            records.push(&text.as_bytes()[usize::try_from(at.offset).unwrap()..]);
            let mut rest = Vec::new();
            while let Some(record) = records.next(true) {
                rest.push(record);
            }
            prop_assert_eq!(&whole[from..], &rest[..]);
        }
    }
}
