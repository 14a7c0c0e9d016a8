//! Arguments of a message, read from its bytes and written as text.

use super::image::LogTable;
use defmt_parser::{DisplayHint, Fragment, Parameter, ParserMode, TimePrecision, Type};
use std::fmt::Write;

/// Formats within formats that are followed; real ones are a few.
const DEEPEST: usize = 16;

/// Values that one message may have; a frame is at most some hundred bytes.
const MOST_VALUES: usize = 4096;

/// An argument.
#[derive(Clone, Debug)]
pub enum Value {
    Signed(i128),
    Unsigned(u128),
    Single(f32),
    Double(f64),
    Bool(bool),
    Char(char),
    /// Text, and bytes as text that the board formatted.
    Text(String),
    Bytes(Vec<u8>),
    Formatted(String, Vec<Value>),
    List(Vec<Value>),
}

/// The bytes of a message that are not read yet.
pub struct Reader<'m> {
    pub table: &'m LogTable,
    pub bytes: &'m [u8],
    values: usize,
}

impl<'m> Reader<'m> {
    pub fn new(table: &'m LogTable, bytes: &'m [u8]) -> Self {
        Self { table, bytes, values: 0 }
    }

    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    /// A little-endian number of `count` bytes, at most 16.
    fn unsigned(&mut self, count: usize) -> Option<u128> {
        Some(self.take(count)?.iter().rev().fold(0, |value, &byte| value << 8 | u128::from(byte)))
    }

    fn signed(&mut self, count: usize) -> Option<i128> {
        let unused_bits = 128 - 8 * count as u32;
        Some((self.unsigned(count)? << unused_bits) as i128 >> unused_bits)
    }

    pub fn number(&mut self) -> Option<u16> {
        self.unsigned(2).map(|number| number as u16)
    }

    fn length(&mut self) -> Option<usize> {
        self.unsigned(4).map(|length| length as usize)
    }

    /// The arguments of `format`, by index. None when bytes are missing or mean nothing.
    pub fn arguments(&mut self, format: &str, depth: usize) -> Option<Vec<Value>> {
        if depth > DEEPEST {
            return None;
        }
        let fragments = defmt_parser::parse(format, ParserMode::ForwardsCompatible).ok()?;
        let mut types: Vec<(usize, Type)> = Vec::new();
        for fragment in fragments {
            let Fragment::Parameter(Parameter { index, ty, .. }) = fragment else { continue };
            match (types.iter_mut().find(|(known, _)| *known == index), ty) {
                (None, ty) => types.push((index, ty)),
                // Bit ranges of one argument are sent as the range that holds them all.
                (Some((_, Type::BitField(known))), Type::BitField(more)) => {
                    *known = known.start.min(more.start)..known.end.max(more.end);
                }
                (Some(_), _) => {}
            }
        }
        types.sort_by_key(|(index, _)| *index);
        types.into_iter().map(|(_, ty)| self.value(&ty, depth)).collect()
    }

    fn value(&mut self, ty: &Type, depth: usize) -> Option<Value> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return None;
        }
        Some(match ty {
            Type::I8 => Value::Signed(self.signed(1)?),
            Type::I16 => Value::Signed(self.signed(2)?),
            Type::I32 | Type::Isize => Value::Signed(self.signed(4)?),
            Type::I64 => Value::Signed(self.signed(8)?),
            Type::I128 => Value::Signed(self.signed(16)?),
            Type::U8 => Value::Unsigned(self.unsigned(1)?),
            Type::U16 => Value::Unsigned(self.unsigned(2)?),
            Type::U32 | Type::Usize => Value::Unsigned(self.unsigned(4)?),
            Type::U64 => Value::Unsigned(self.unsigned(8)?),
            Type::U128 => Value::Unsigned(self.unsigned(16)?),
            Type::F32 => Value::Single(f32::from_bits(self.unsigned(4)? as u32)),
            Type::F64 => Value::Double(f64::from_bits(self.unsigned(8)? as u64)),
            Type::Bool => Value::Bool(match self.unsigned(1)? {
                0 => false,
                1 => true,
                _ => return None,
            }),
            Type::Char => Value::Char(char::from_u32(self.unsigned(4)? as u32)?),
            Type::Str => {
                let length = self.length()?;
                Value::Text(String::from_utf8(self.take(length)?.to_vec()).ok()?)
            }
            Type::IStr => {
                let number = self.number()?;
                Value::Text(self.table.format(number)?.to_owned())
            }
            Type::U8Slice => {
                let length = self.length()?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            Type::U8Array(length) => Value::Bytes(self.take(*length)?.to_vec()),
            Type::Debug | Type::Display => {
                // Text up to a byte that UTF-8 does not know.
                let length = self.bytes.iter().position(|&byte| byte == 0xFF)?;
                let text = std::str::from_utf8(self.take(length)?).ok()?.to_owned();
                self.take(1)?;
                Value::Text(text)
            }
            Type::Format => {
                let number = self.number()?;
                self.formatted(number, depth)?
            }
            Type::FormatSequence => {
                let mut parts = Vec::new();
                loop {
                    match self.number()? {
                        0 => break,
                        number => parts.push(self.formatted(number, depth)?),
                    }
                }
                Value::Formatted("{}".repeat(parts.len()), parts)
            }
            Type::FormatSlice => {
                let length = self.length()?;
                self.list(length, depth)?
            }
            Type::FormatArray(length) => self.list(*length, depth)?,
            Type::BitField(range) => {
                let (lowest, highest) = (range.start / 8, range.end.checked_sub(1)? / 8);
                let bytes = usize::from(highest.checked_sub(lowest)?) + 1;
                let value = self.unsigned(bytes.next_power_of_two())?;
                Value::Unsigned(value.checked_shl(u32::from(lowest) * 8).unwrap_or(0))
            }
        })
    }

    fn list(&mut self, length: usize, depth: usize) -> Option<Value> {
        let number = self.number()?;
        let mut values = Vec::new();
        for _ in 0..length {
            self.values += 1;
            if self.values > MOST_VALUES {
                return None;
            }
            values.push(self.of_format(number, depth)?);
        }
        Some(Value::List(values))
    }

    fn formatted(&mut self, number: u16, depth: usize) -> Option<Value> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return None;
        }
        self.of_format(number, depth)
    }

    /// A value with the format of that number; of an enumeration, a discriminant tells which of its formats.
    fn of_format(&mut self, number: u16, depth: usize) -> Option<Value> {
        let table = self.table;
        let mut format = table.format(number)?;
        let separators = format.matches('|').count();
        if separators > 0 {
            let bytes = match separators {
                0..=0xFF => 1,
                0x100..=0xFFFF => 2,
                _ => 4,
            };
            let variant = usize::try_from(self.unsigned(bytes)?).ok()?;
            format = format.split('|').nth(variant)?;
        }
        Some(Value::Formatted(format.to_owned(), self.arguments(format, depth + 1)?))
    }
}

/// `format` with `values`; `outer` is the hint of the parameter that stands for the whole.
pub fn write_format(text: &mut String, format: &str, values: &[Value], outer: Option<&DisplayHint>) {
    let Ok(fragments) = defmt_parser::parse(format, ParserMode::ForwardsCompatible) else { return };
    // Values are kept in the order of their indices, without gaps.
    let mut indices: Vec<usize> = fragments
        .iter()
        .filter_map(|fragment| match fragment {
            Fragment::Parameter(parameter) => Some(parameter.index),
            Fragment::Literal(_) => None,
        })
        .collect();
    indices.sort_unstable();
    indices.dedup();
    for fragment in fragments {
        match fragment {
            Fragment::Literal(literal) => text.push_str(&literal),
            Fragment::Parameter(Parameter { index, ty, hint }) => {
                let value = indices.binary_search(&index).ok().and_then(|at| values.get(at));
                let Some(value) = value else { continue };
                let hint = hint.as_ref().or(outer);
                match (&ty, value) {
                    (Type::BitField(range), Value::Unsigned(bits)) => {
                        let width = u32::from(range.end.saturating_sub(range.start));
                        let shifted = bits.checked_shr(u32::from(range.start)).unwrap_or(0);
                        let mask = 1u128.checked_shl(width).map_or(u128::MAX, |bit| bit - 1);
                        write_value(text, &Value::Unsigned(shifted & mask), hint);
                    }
                    _ => write_value(text, value, hint),
                }
            }
        }
    }
}

fn write_value(text: &mut String, value: &Value, hint: Option<&DisplayHint>) {
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Signed(value) => {
            let Ok(unsigned) = u128::try_from(*value) else { return write_negative(text, *value, hint) };
            write_unsigned(text, unsigned, hint);
            Ok(())
        }
        Value::Unsigned(value) => {
            write_unsigned(text, *value, hint);
            Ok(())
        }
        Value::Single(value) => write!(text, "{value}"),
        Value::Double(value) => write!(text, "{value}"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Char(value) => write!(text, "{value}"),
        Value::Text(value) => match hint {
            Some(DisplayHint::Debug) => write!(text, "{value:?}"),
            _ => write!(text, "{value}"),
        },
        Value::Bytes(bytes) => match hint {
            Some(DisplayHint::Ascii) => write!(text, "b\"{}\"", bytes.escape_ascii()),
            _ => {
                write_list(text, bytes.iter().map(|&byte| Value::Unsigned(byte.into())), hint);
                Ok(())
            }
        },
        Value::Formatted(format, values) => {
            write_format(text, format, values, hint);
            Ok(())
        }
        Value::List(values) => {
            write_list(text, values.iter().cloned(), hint);
            Ok(())
        }
    };
}

fn write_list(text: &mut String, values: impl Iterator<Item = Value>, hint: Option<&DisplayHint>) {
    text.push('[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write_value(text, &value, hint);
    }
    text.push(']');
}

/// Widest padding that is honoured.
const WIDEST: usize = 256;

fn write_negative(text: &mut String, value: i128, hint: Option<&DisplayHint>) {
    let _ = match hint {
        Some(DisplayHint::NoHint { zero_pad }) => {
            let width = (*zero_pad).min(WIDEST);
            write!(text, "{value:0width$}")
        }
        // Of 32 bits where that is enough, else of all: the sender's width is not known here.
        Some(DisplayHint::Hexadecimal { .. } | DisplayHint::Binary { .. } | DisplayHint::Octal { .. }) => {
            let bits = i32::try_from(value).map_or(value as u128, |value| u128::from(value as u32));
            write_unsigned(text, bits, hint);
            Ok(())
        }
        _ => write!(text, "{value}"),
    };
}

fn write_unsigned(text: &mut String, value: u128, hint: Option<&DisplayHint>) {
    let part = |precision: &TimePrecision| match precision {
        TimePrecision::Micros => (1_000_000, 6),
        TimePrecision::Millis => (1000, 3),
        TimePrecision::Seconds => (1, 0),
    };
    let _ = match hint {
        Some(DisplayHint::NoHint { zero_pad }) => {
            let width = (*zero_pad).min(WIDEST);
            write!(text, "{value:0width$}")
        }
        Some(DisplayHint::Hexadecimal { alternate, uppercase, zero_pad }) => {
            let width = (*zero_pad).min(WIDEST);
            match (alternate, uppercase) {
                (false, false) => write!(text, "{value:0width$x}"),
                (false, true) => write!(text, "{value:0width$X}"),
                (true, false) => write!(text, "{value:#0width$x}"),
                (true, true) => write!(text, "{value:#0width$X}"),
            }
        }
        Some(DisplayHint::Binary { alternate, zero_pad }) => {
            let width = (*zero_pad).min(WIDEST);
            if *alternate { write!(text, "{value:#0width$b}") } else { write!(text, "{value:0width$b}") }
        }
        Some(DisplayHint::Octal { alternate, zero_pad }) => {
            let width = (*zero_pad).min(WIDEST);
            if *alternate { write!(text, "{value:#0width$o}") } else { write!(text, "{value:0width$o}") }
        }
        Some(DisplayHint::Seconds(precision)) => {
            let (units, digits) = part(precision);
            let (seconds, rest) = (value / units, value % units);
            if digits == 0 { write!(text, "{seconds}") } else { write!(text, "{seconds}.{rest:0digits$}") }
        }
        Some(DisplayHint::Time(precision)) => {
            let (units, digits) = part(precision);
            let (seconds, rest) = (value / units, value % units);
            let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
            if days > 0 {
                let _ = write!(text, "{days}:");
            }
            let _ = write!(text, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
            if digits == 0 { Ok(()) } else { write!(text, ".{rest:0digits$}") }
        }
        _ => write!(text, "{value}"),
    };
}
