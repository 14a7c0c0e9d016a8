//! The byte memory a kernel works on.

/// An access outside the memory the plan promised. Cannot happen on a checked model; kernels report it, never panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Where a tensor lives. A word, so that arguments hold nothing but words: smaller fields at their front would make
/// moving them a copy byte by byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Region {
    /// Activations of the running inference.
    Arena,
    /// Values kept between inferences.
    State,
    /// Read-only data of the model file.
    Constant,
}

/// A contiguous tensor: `bytes` bytes at `offset` in `region`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Region.
    pub region: Region,
    /// First byte in the region.
    pub offset: usize,
    /// Length in bytes.
    pub bytes: usize,
}

impl Span {
    /// The part of `bytes` bytes from `start`; a fault when it does not lie inside.
    #[inline(always)]
    pub fn part(self, start: usize, bytes: usize) -> Result<Span, Fault> {
        match start.checked_add(bytes) {
            Some(end) if end <= self.bytes => Ok(Span { region: self.region, offset: self.offset + start, bytes }),
            _ => Err(Fault),
        }
    }
}

/// All memory an inference may touch. The caller owns every region.
pub struct Memory<'a> {
    /// Activations.
    pub arena: &'a mut [u8],
    /// Working space of one kernel at a time, apart from the arena; contents mean nothing between calls.
    pub scratch: &'a mut [u8],
    /// State tensors.
    pub state: &'a mut [u8],
    /// Constant section of the model file.
    pub constants: &'a [u8],
}

impl<'a> Memory<'a> {
    /// The bytes of `span`.
    #[inline(always)]
    pub fn read(&self, span: Span) -> Result<&[u8], Fault> {
        let region: &[u8] = match span.region {
            Region::Arena => self.arena,
            Region::State => self.state,
            Region::Constant => self.constants,
        };
        range(region, span)
    }

    /// The bytes of `span`, to write. Constants are refused.
    #[inline(always)]
    pub fn write(&mut self, span: Span) -> Result<&mut [u8], Fault> {
        let end = span.offset.checked_add(span.bytes).ok_or(Fault)?;
        match span.region {
            Region::Arena => self.arena.get_mut(span.offset..end).ok_or(Fault),
            Region::State => self.state.get_mut(span.offset..end).ok_or(Fault),
            Region::Constant => Err(Fault),
        }
    }

    /// Constant bytes, borrowed for as long as the model: may be held while other regions are written.
    #[inline(always)]
    pub fn constant(&self, span: Span) -> Result<&'a [u8], Fault> {
        match span.region {
            Region::Constant => range(self.constants, span),
            _ => Err(Fault),
        }
    }

    /// The bytes of `span`, and the scratch to copy them to.
    #[inline(always)]
    pub fn read_with_scratch(&mut self, span: Span) -> Result<(&[u8], &mut [u8]), Fault> {
        let region: &[u8] = match span.region {
            Region::Arena => self.arena,
            Region::State => self.state,
            Region::Constant => self.constants,
        };
        Ok((range(region, span)?, self.scratch))
    }

    /// The first `bytes` bytes of scratch, and the bytes of `span` to write. Constants are refused.
    #[inline(always)]
    pub fn scratch_and_write(&mut self, bytes: usize, span: Span) -> Result<(&[u8], &mut [u8]), Fault> {
        let region: &mut [u8] = match span.region {
            Region::Arena => self.arena,
            Region::State => self.state,
            Region::Constant => return Err(Fault),
        };
        Ok((self.scratch.get(..bytes).ok_or(Fault)?, range_mut(region, span)?))
    }

    /// The bytes of `input` and of `output` at once; a fault when they share a byte (then go through small copies).
    pub fn read_write(&mut self, input: Span, output: Span) -> Result<(&[u8], &mut [u8]), Fault> {
        let Self { arena, state, constants, .. } = self;
        // The slices to take the two spans from, and where the slices begin: one pair of range checks serves all.
        let (mut from_start, mut to_start) = (0, 0);
        let (from, to): (&[u8], &mut [u8]) = match (input.region, output.region) {
            (Region::Constant, Region::Arena) => (constants, arena),
            (Region::Constant, Region::State) => (constants, state),
            (Region::State, Region::Arena) => (state, arena),
            (Region::Arena, Region::State) => (arena, state),
            (_, Region::Constant) => return Err(Fault),
            (Region::Arena, Region::Arena) | (Region::State, Region::State) => {
                let region: &mut [u8] = if input.region == Region::Arena { arena } else { state };
                let high_start = input.offset.max(output.offset);
                let (low, high) = region.split_at_mut_checked(high_start).ok_or(Fault)?;
                if input.offset < output.offset {
                    to_start = high_start;
                    (low, high)
                } else {
                    from_start = high_start;
                    (high, low)
                }
            }
        };
        let shifted = |span: Span, start: usize| Span { offset: span.offset.wrapping_sub(start), ..span };
        Ok((range(from, shifted(input, from_start))?, range_mut(to, shifted(output, to_start))?))
    }
}

#[inline(always)]
fn range(region: &[u8], span: Span) -> Result<&[u8], Fault> {
    let end = span.offset.checked_add(span.bytes).ok_or(Fault)?;
    region.get(span.offset..end).ok_or(Fault)
}

#[inline(always)]
fn range_mut(region: &mut [u8], span: Span) -> Result<&mut [u8], Fault> {
    let end = span.offset.checked_add(span.bytes).ok_or(Fault)?;
    region.get_mut(span.offset..end).ok_or(Fault)
}
