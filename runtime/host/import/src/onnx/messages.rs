//! How many messages a protobuf file holds, before it is decoded: an empty message takes two bytes of the file and
//! hundreds of memory.

use crate::report::Blocker;

/// Messages within messages; models of branches in branches have a few dozen.
const MAX_DEPTH: usize = 64;

/// Messages that hold messages. Numbers of fields are those of onnx.proto.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Leaf,
}

impl Kind {
    /// What field `field` holds, where that is a message.
    fn child(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14 | 20 | 25) => Self::Leaf,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=15) => Self::Leaf,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Attribute, 15 | 22 | 23) => Self::Leaf,
            (Self::Tensor, 3 | 13) => Self::Leaf,
            _ => return None,
        })
    }
}

/// Refuses a file of more than `most` messages. What is malformed is left to the decoder.
pub(super) fn bound(bytes: &[u8], most: usize) -> Result<(), Blocker> {
    let mut left = most;
    match walk(bytes, Kind::Model, &mut left, 0) {
        true => Ok(()),
        false => Err(Blocker::new(format!("more than {most} messages, or too deep"), "import a smaller model")),
    }
}

/// Counts the messages of one message's fields off `left`; false when there are more.
fn walk(mut bytes: &[u8], kind: Kind, left: &mut usize, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    while let Some(key) = varint(&mut bytes) {
        let skipped = match key & 7 {
            0 => varint(&mut bytes).map(|_| &[][..]),
            1 => take(&mut bytes, 8).map(|_| &[][..]),
            2 => varint(&mut bytes).and_then(|length| take(&mut bytes, usize::try_from(length).ok()?)),
            5 => take(&mut bytes, 4).map(|_| &[][..]),
            // Groups, which the format does not have.
            _ => return false,
        };
        let Some(field) = skipped else { return true };
        if let (2, Some(child)) = (key & 7, kind.child(key >> 3)) {
            let Some(rest) = left.checked_sub(1) else { return false };
            *left = rest;
            if !walk(field, child, left, depth + 1) {
                return false;
            }
        }
    }
    true
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::bound;

    #[test]
    fn empty_messages_are_counted() {
        // A graph (field 7) of 100 nodes (field 1) without content.
        let mut bytes = vec![0x3a, 0xc8, 0x01];
        bytes.extend([0x0a, 0x00].repeat(100));
        assert!(bound(&bytes, 101).is_ok());
        assert!(bound(&bytes, 100).is_err());
    }
}
