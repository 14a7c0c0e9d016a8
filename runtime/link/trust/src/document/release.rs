//! Release: what a model is.

use crate::Digest;
use core::marker::PhantomData;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// A list of items kept as the CBOR bytes they came in, so that no memory is needed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<'a, T> {
    bytes: &'a [u8],
    kind: PhantomData<fn() -> T>,
}

/// A list of texts.
pub type Texts<'a> = List<'a, &'a str>;
/// A list of packings.
pub type Packings<'a> = List<'a, Packing>;

impl<'a, T: Decode<'a, ()>> List<'a, T> {
    /// A list over the CBOR of a whole array of `T`; checked when it is decoded as part of a document.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The items.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let mut decoder = Decoder::new(self.bytes);
        let mut left = decoder.array().ok().flatten().unwrap_or(0);
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            decoder.decode().ok()
        })
    }
}

impl<'a, C, T: Decode<'a, ()>> Decode<'a, C> for List<'a, T> {
    fn decode(decoder: &mut Decoder<'a>, _: &mut C) -> Result<Self, decode::Error> {
        let start = decoder.position();
        let count = decoder.array()?.ok_or_else(|| decode::Error::message("a list without a length"))?;
        // Every item is read once here, so that none can be malformed later.
        for _ in 0..count {
            decoder.decode::<T>()?;
        }
        let bytes = decoder.input().get(start..decoder.position()).unwrap_or_default();
        Ok(Self { bytes, kind: PhantomData })
    }
}

impl<C, T> Encode<C> for List<'_, T> {
    fn encode<W: encode::Write>(&self, encoder: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        encoder.writer_mut().write_all(self.bytes).map_err(encode::Error::write)
    }
}

/// One file of the model, packed for a kind of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Packing {
    /// Code of the packing, as in the model file's header.
    #[n(0)]
    pub packing: u8,
    /// Length of the file.
    #[n(1)]
    pub file_bytes: u32,
    /// SHA-256 of the file.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub file_sha256: Digest,
    /// Length of every chunk but the last, which may be shorter.
    #[n(3)]
    pub chunk_bytes: u32,
    /// SHA-256 of the table of chunks: the chunks' SHA-256, 32 bytes each, one after the other.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub table_sha256: Digest,
    /// Arena a session needs.
    #[n(5)]
    pub arena_bytes: u32,
    /// State a session needs.
    #[n(6)]
    pub state_bytes: u32,
    /// Stack an inference needs; 0 when not known.
    #[n(7)]
    pub stack_bytes: u32,
}

impl Packing {
    /// How many chunks there are; none when the chunk length is 0 or the file empty.
    pub fn chunk_count(&self) -> Option<u32> {
        let last = self.file_bytes.checked_sub(1)?;
        last.checked_div(self.chunk_bytes)?.checked_add(1)
    }
}

/// What a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Release<'a> {
    /// Name of the model.
    #[b(0)]
    pub name: &'a str,
    /// Version, the author's. For people: order comes from generations.
    #[b(1)]
    pub version: &'a str,
    /// Rises when an older release must never run again.
    #[n(2)]
    pub security_epoch: u32,
    /// When it was made, in seconds since 1970.
    #[n(3)]
    pub created: u64,
    /// Hardware it is for.
    #[b(4)]
    pub hardware: Texts<'a>,
    /// Major version of the model file's format.
    #[n(5)]
    pub format_major: u16,
    /// Codes of the operators it needs, little-endian u16 each, rising.
    #[cbor(b(6), with = "minicbor::bytes")]
    pub operators: &'a [u8],
    /// Its files.
    #[b(7)]
    pub packings: Packings<'a>,
    /// Golden vectors in the model's passport.
    #[n(8)]
    pub golden_vectors: u32,
    /// SHA-256 of the passport's encoded golden vectors.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub golden_sha256: Digest,
    /// SHA-256 of the passport's encoded reference histograms; none when it has none.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub histograms_sha256: Option<Digest>,
}

impl Release<'_> {
    /// The codes of the operators it needs.
    pub fn operator_codes(&self) -> impl Iterator<Item = u16> {
        let (codes, _) = self.operators.as_chunks::<2>();
        codes.iter().map(|code| u16::from_le_bytes(*code))
    }
}
