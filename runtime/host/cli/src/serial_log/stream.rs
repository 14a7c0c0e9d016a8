//! Takes text and log frames apart.
//!
//! Boards of this project write a zero byte before and behind each frame, so that what stands between zeros is text and
//! frame in turn. Others write one behind each frame. What a piece looks like decides; where it could be either, its
//! turn does. A lost or garbled byte thus costs the piece it is in, at most.

use super::image::LogTable;
use super::message::Message;
use serde::Serialize;

/// A piece longer than this is no frame: a board that logs so much at once has lost a delimiter.
const LONGEST_PIECE_BYTES: usize = 16 * 1024;

/// What was found on the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Event {
    /// A line of text, without its end.
    Text {
        /// The line.
        text: String,
    },
    /// A log line.
    Log(Message),
    /// Bytes that are neither.
    Garbled {
        /// How many.
        bytes: usize,
        /// Why they are not understood.
        reason: &'static str,
    },
}

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Text,
    Frame,
}

/// A serial line being read.
pub struct Stream {
    table: Option<LogTable>,
    pending: Vec<u8>,
    turn: Turn,
    /// Frames have a delimiter on either side, as far as was seen.
    paired: bool,
    /// The rest of a piece that was given up.
    discarding: bool,
}

impl Stream {
    /// A stream; without a table, frames are counted but not read.
    pub fn new(table: Option<LogTable>) -> Self {
        Self { table, pending: Vec::new(), turn: Turn::Text, paired: true, discarding: false }
    }

    /// Takes bytes and gives what they complete to `found`.
    pub fn receive(&mut self, bytes: &[u8], found: &mut dyn FnMut(Event)) {
        for &byte in bytes {
            if byte == 0 {
                self.discarding = false;
                self.end_piece(found);
                continue;
            }
            if self.discarding {
                continue;
            }
            self.pending.push(byte);
            // Text is shown when its line ends, not when the next frame begins.
            if byte == b'\n' && self.turn == Turn::Text && self.paired && is_text(&self.pending) {
                lines(&std::mem::take(&mut self.pending), found);
            } else if self.pending.len() > LONGEST_PIECE_BYTES {
                found(Event::Garbled { bytes: self.pending.len(), reason: "no delimiter for too long" });
                self.pending.clear();
                self.discarding = true;
            }
        }
    }

    /// The line has ended: what is left is all there will be.
    pub fn end(&mut self, found: &mut dyn FnMut(Event)) {
        let piece = std::mem::take(&mut self.pending);
        if is_text(&piece) {
            lines(&piece, found);
        } else {
            found(Event::Garbled { bytes: piece.len(), reason: "the line ended within a frame" });
        }
    }

    fn end_piece(&mut self, found: &mut dyn FnMut(Event)) {
        let piece = std::mem::take(&mut self.pending);
        if piece.is_empty() {
            // No text between two frames, or between the line's start and the first; or none left that was not shown.
            self.paired = true;
            self.turn = Turn::Frame;
            return;
        }
        let message = self.table.as_ref().and_then(|table| table.decode(&piece));
        match (is_text(&piece), message) {
            (true, Some(message)) if self.turn == Turn::Frame => self.log(message, found),
            (true, _) => {
                lines(&piece, found);
                self.turn = Turn::Frame;
            }
            (false, Some(message)) => self.log(message, found),
            (false, None) => self.salvage(&piece, found),
        }
    }

    fn log(&mut self, message: Message, found: &mut dyn FnMut(Event)) {
        if self.turn == Turn::Text {
            self.paired = false;
        }
        self.turn = Turn::Text;
        found(Event::Log(message));
    }

    /// A piece that is neither: text, a lost delimiter and a frame; or garbled.
    fn salvage(&mut self, piece: &[u8], found: &mut dyn FnMut(Event)) {
        let after_turn = if self.turn == Turn::Frame { Turn::Text } else { Turn::Frame };
        let Some(table) = &self.table else {
            found(Event::Garbled { bytes: piece.len(), reason: "a log frame; --elf IMAGE decodes it" });
            self.turn = after_turn;
            return;
        };
        let ends = piece.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let split = ends.take_while(|&end| is_text(&piece[..end])).find_map(|end| {
            let message = table.decode(&piece[end..])?;
            Some((end, message))
        });
        match split {
            Some((end, message)) => {
                lines(&piece[..end], found);
                found(Event::Log(message));
                self.turn = Turn::Text;
            }
            None => {
                found(Event::Garbled { bytes: piece.len(), reason: "no text, and no log frame of this image" });
                self.turn = after_turn;
            }
        }
    }
}

/// Printable UTF-8 with the control characters that text has.
fn is_text(bytes: &[u8]) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1B}');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(control))
}

fn lines(bytes: &[u8], found: &mut dyn FnMut(Event)) {
    let text = String::from_utf8_lossy(bytes);
    text.lines().for_each(|line| found(Event::Text { text: line.to_owned() }));
}
