//! What a command asks for.

/// A command of the protocol, or what is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'l> {
    /// `name`
    Name,
    /// `timestamp`
    Timestamp,
    /// `profile`
    Profile,
    /// `help`
    Help,
    /// `results`
    Results,
    /// `db load BYTES`
    Load(usize),
    /// `db HEX`
    Bytes(&'l [u8]),
    /// `db print`
    Print,
    /// `infer COUNT WARM_UPS`
    Infer {
        /// Inferences between the two timestamps; at least one.
        count: u32,
        /// Inferences before them.
        warm_ups: u32,
    },
    /// No command.
    Wrong(Complaint<'l>),
}

/// Why a command was not carried out: a sentence, and the word that it ends with, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Complaint<'l> {
    /// The sentence.
    pub text: &'static str,
    /// What was received; any bytes.
    pub word: &'l [u8],
}

impl Complaint<'_> {
    /// A sentence alone.
    pub const fn new(text: &'static str) -> Self {
        Self { text, word: b"" }
    }
}

/// Inferences before the first timestamp when a command does not say. Source: `ee_profile_parse` of the reference.
const WARM_UPS: u32 = 10;

impl<'l> Command<'l> {
    /// Reads a command without its end. Words after those that a command takes are ignored, as the reference does.
    pub fn parse(command: &'l [u8]) -> Self {
        let mut words = command.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        match words.next().unwrap_or_default() {
            b"name" => Self::Name,
            b"timestamp" => Self::Timestamp,
            b"profile" => Self::Profile,
            b"help" => Self::Help,
            b"results" => Self::Results,
            b"db" => Self::buffer(words.next(), words.next()),
            b"infer" => Self::infer(words.next(), words.next()),
            other => Self::Wrong(Complaint { text: "Unknown command: ", word: other }),
        }
    }

    fn buffer(first: Option<&'l [u8]>, second: Option<&'l [u8]>) -> Self {
        let wrong = |text| Self::Wrong(Complaint::new(text));
        match (first, second) {
            (None, _) => wrong("Command 'db' requires a subcommand"),
            (Some(b"load"), None) => wrong("Command 'db load' requires the # of bytes"),
            (Some(b"load"), Some(number)) => match decimal(number) {
                Some(bytes @ 1..) => Self::Load(bytes as usize),
                _ => wrong("Command 'db load' must be >0 bytes"),
            },
            (Some(b"print"), _) => Self::Print,
            (Some(digits), _) => Self::Bytes(digits),
        }
    }

    fn infer(count: Option<&[u8]>, warm_ups: Option<&[u8]>) -> Self {
        let wrong = |text| Self::Wrong(Complaint::new(text));
        match (count.map_or(Some(1), decimal), warm_ups.map_or(Some(WARM_UPS), decimal)) {
            (None | Some(0), _) => wrong("Inference iterations must be >0"),
            (_, None) => wrong("Inference warmup must be >=0"),
            (Some(count), Some(warm_ups)) => Self::Infer { count, warm_ups },
        }
    }
}

/// A number of decimal digits and nothing else; none when it is larger than 32 bits hold.
fn decimal(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value.checked_mul(10)?.checked_add(u32::from(digit))
    })
}
