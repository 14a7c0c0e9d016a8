//! One log line.

use super::image::LogTable;
use super::location::Location;
use super::rzcobs;
use super::value::{Reader, write_format};
use serde::Serialize;

/// A decoded log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// What stands before it, as the image formats it; empty when the image has no clock.
    pub timestamp: String,
    /// `trace`, `debug`, `info`, `warn`, `error`, or `println`.
    pub level: &'static str,
    /// The text.
    pub message: String,
    /// Crate it comes from.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// Where in the sources it stands, when the image has debug information.
    #[serde(flatten)]
    pub location: Option<Location>,
}

impl LogTable {
    /// The line in a frame (without its delimiters); none when the bytes are no frame of this image.
    pub fn decode(&self, frame: &[u8]) -> Option<Message> {
        let bytes = rzcobs::decode(frame)?;
        let mut reader = Reader::new(self, &bytes);
        let entry = self.entries.get(&reader.number()?)?;
        let level = entry.level?;
        let mut timestamp = String::new();
        if let Some(format) = &self.timestamp {
            let values = reader.arguments(format, 0)?;
            write_format(&mut timestamp, format, &values, None);
        }
        let values = reader.arguments(&entry.format, 0)?;
        // The code pads a frame with zeros to a whole group of seven; anything else is another image's frame.
        if reader.bytes.len() > 7 || reader.bytes.iter().any(|&byte| byte != 0) {
            return None;
        }
        let mut message = String::new();
        write_format(&mut message, &entry.format, &values, None);
        let (crate_name, location) = (entry.crate_name.clone(), entry.location.clone());
        Some(Message { timestamp, level, message, crate_name, location })
    }
}
