//! Parts that several operators share.

use crate::fixed::fixed;

fixed! {
    /// A sliding window: extents, steps and padding in elements.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct WindowParameters {
        /// Window rows; at least 1.
        pub height: u16,
        /// Window columns; at least 1.
        pub width: u16,
        /// Input rows per output row; at least 1.
        pub stride_height: u16,
        /// Input columns per output column; at least 1.
        pub stride_width: u16,
        /// Distance of window rows; at least 1.
        pub dilation_height: u16,
        /// Distance of window columns; at least 1.
        pub dilation_width: u16,
        /// Padding rows above.
        pub pad_top: u16,
        /// Padding columns to the left.
        pub pad_left: u16,
    }
}

fixed! {
    /// Zero points and output clamp of an int8 operator.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct QuantizedRange {
        /// Zero point of the input.
        pub input_zero_point: i8,
        /// Zero point of the output.
        pub output_zero_point: i8,
        /// Smallest output.
        pub activation_min: i8,
        /// Largest output; not below the smallest.
        pub activation_max: i8,
    }
}
