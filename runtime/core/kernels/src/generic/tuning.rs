//! Block sizes: the one place where a microcontroller and a host differ.
//!
//! A host has vectors and many registers, so it shares each weight between two pixels and requantises in vectors. A
//! microcontroller has a dozen registers and little flash: one pixel, few channels. Results do not depend on any of
//! these.

/// Running on bare metal.
const DEVICE: bool = cfg!(target_os = "none");

/// Pixels a convolution makes together. 1 or 2: scratch holds two patches.
pub(crate) const CONV_PIXELS: usize = if DEVICE { 1 } else { 2 };

/// Output channels whose sums run side by side over one pass of the activations.
pub(crate) const DOT_CHANNELS: usize = 4;

/// Sums of products in a small function of their own, which a processor with few registers needs, rather than inside the
/// kernel, where vector loops can be made of them.
pub(crate) const DOT_IN_REGISTERS: bool = DEVICE;

/// Taps of each round of that function.
pub(crate) const DOT_TAPS: usize = 4;

/// Output channels requantised together, a multiple of [`DOT_CHANNELS`].
pub(crate) const OUTPUT_CHANNELS: usize = if DEVICE { 4 } else { 16 };

/// Channels of a depthwise convolution summed together, and the smaller block for what is left of a pixel.
pub(crate) const DEPTHWISE_CHANNELS: usize = if DEVICE { 8 } else { 32 };
/// See [`DEPTHWISE_CHANNELS`].
pub(crate) const DEPTHWISE_REST: usize = 8;

/// Depthwise sums in registers, one instruction sequence per channel of a block, rather than a vector loop over them.
pub(crate) const DEPTHWISE_UNROLLED: bool = DEVICE;

/// Window patches are padded to a multiple of this, so that vector loops have no rest. The same on every target: it
/// sizes scratch, and one plan serves all.
pub(crate) const PATCH_MULTIPLE: usize = 16;
