//! x86-64: the generic kernels' source compiled a second time for AVX2, with the innermost sums in its instructions.
//!
//! Functions have the names and signatures of [`crate::generic`] and give the same bits. Each looks for AVX2 when it
//! is called (the answer is kept by the standard library after the first look) and otherwise runs the generic kernel.
//! To add one: a line in the `avx2_instances!` list below, naming the `#[inline(always)]` source of the kernel.

mod dot;
mod output;

use crate::arguments::{Conv2dI8, DepthwiseI8, FullyConnectedI8};
use crate::{Fault, Memory};
use core::ops::Range;

/// True when the processor and the operating system offer AVX2. Always false without the feature `std`, unless the
/// whole program was compiled for AVX2.
#[inline]
pub fn has_avx2() -> bool {
    #[cfg(feature = "std")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(feature = "std"))]
    return cfg!(target_feature = "avx2");
}

/// For each `name(Arguments) = source;`: a function `name` that runs `source` compiled for AVX2 where there is AVX2.
macro_rules! avx2_instances {
    ($($(#[$doc:meta])* $name:ident($arguments:ty) = $source:expr;)+) => {
        mod avx2 {
            use super::*;
            $(
                #[target_feature(enable = "avx2")]
                pub(super) fn $name(
                    memory: &mut Memory<'_>,
                    arguments: &$arguments,
                    units: Range<usize>,
                ) -> Result<(), Fault> {
                    ($source)(memory, arguments, units)
                }
            )+
        }
        $(
            $(#[$doc])*
            #[expect(unsafe_code, reason = "a function compiled for AVX2 is called after AVX2 was found")]
            pub fn $name(memory: &mut Memory<'_>, arguments: &$arguments, units: Range<usize>) -> Result<(), Fault> {
                if has_avx2() {
                    // SAFETY: the callee is a safe function that needs AVX2, and the line above found it.
                    unsafe { avx2::$name(memory, arguments, units) }
                } else {
                    crate::generic::$name(memory, arguments, units)
                }
            }
        )+
    };
}

avx2_instances! {
    /// CONV_2D on int8, as [`crate::generic::conv2d_i8`].
    conv2d_i8(Conv2dI8) = crate::generic::conv2d_i8_rows::<dot::Avx2>;
    /// DEPTHWISE_CONV_2D on int8, as [`crate::generic::depthwise_i8`].
    depthwise_i8(DepthwiseI8) = crate::generic::depthwise_i8_rows::<dot::Avx2>;
    /// FULLY_CONNECTED on int8, as [`crate::generic::fully_connected_i8`].
    fully_connected_i8(FullyConnectedI8) = crate::generic::fully_connected_i8_blocks::<dot::Avx2>;
}
