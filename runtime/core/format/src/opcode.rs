//! Operators of the compiled model. The source's operators are lowered to these few.

/// Code of an operator. Codes from 0x8000 belong to applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpCode(pub u16);

macro_rules! opcodes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        impl OpCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*

            /// Every operator of this version.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Name as tools print it.
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($code => $text,)*
                    _ => "custom",
                }
            }
        }
    };
}

impl OpCode {
    /// First of the codes that belong to applications.
    pub const FIRST_CUSTOM: u16 = 0x8000;

    /// True for an operator that an application brings.
    pub const fn is_custom(self) -> bool {
        self.0 >= Self::FIRST_CUSTOM
    }

    /// Code of the custom operator `name`: the two halves of the name's 32-bit FNV-1a hash
    /// (<http://www.isthe.com/chongo/tech/comp/fnv/>), one exclusive-or the other, with the highest bit set.
    ///
    /// A code is found by comparing numbers; names are compared once, when a model is loaded.
    pub const fn custom(name: &str) -> Self {
        let mut hash = 0x811C_9DC5u32;
        let mut bytes = name.as_bytes();
        while let [first, rest @ ..] = bytes {
            hash = (hash ^ *first as u32).wrapping_mul(0x0100_0193);
            bytes = rest;
        }
        Self((hash >> 16 ^ hash) as u16 | Self::FIRST_CUSTOM)
    }
}

opcodes! {
    /// Convolution, int8.
    CONV_2D_I8 = 1, "conv2d_i8";
    /// Depthwise convolution, int8.
    DEPTHWISE_CONV_2D_I8 = 2, "depthwise_conv2d_i8";
    /// Fully connected, int8.
    FULLY_CONNECTED_I8 = 3, "fully_connected_i8";
    /// Transposed convolution, int8.
    TRANSPOSE_CONV_2D_I8 = 4, "transpose_conv2d_i8";
    /// Sum or difference with broadcasting, int8.
    ADD_I8 = 5, "add_i8";
    /// Product with broadcasting, int8.
    MULTIPLY_I8 = 6, "multiply_i8";
    /// Larger or smaller of two with broadcasting, int8.
    EXTREMUM_I8 = 7, "extremum_i8";
    /// Average pooling, int8.
    AVERAGE_POOL_I8 = 8, "average_pool_i8";
    /// Maximum pooling, int8.
    MAX_POOL_I8 = 9, "max_pool_i8";
    /// Mean or sum over axes, int8.
    REDUCE_I8 = 10, "reduce_i8";
    /// Softmax over the last axis, int8.
    SOFTMAX_I8 = 11, "softmax_i8";
    /// 256-entry table, 8-bit to 8-bit: every unary operator and requantisation.
    LOOKUP_8 = 12, "lookup_8";
    /// Strided copy of elements of any type: transposes, slices, joins, padding.
    STRIDED_COPY = 13, "strided_copy";
    /// Fill with one element.
    FILL = 14, "fill";
    /// Slices at indices.
    GATHER = 15, "gather";
    /// Nearest-neighbour resize, any element type.
    RESIZE_NEAREST = 16, "resize_nearest";
    /// Bilinear resize, int8.
    RESIZE_BILINEAR_I8 = 17, "resize_bilinear_i8";
    /// Index of the largest, int8.
    ARG_MAX_I8 = 18, "arg_max_i8";
    /// float32 to 8-bit.
    QUANTIZE_F32 = 19, "quantize_f32";
    /// 8-bit to float32.
    DEQUANTIZE_8 = 20, "dequantize_8";
    /// Conversion between element types.
    CAST = 21, "cast";
    /// Fully connected, int8, rounded once from a float64 factor as LiteRT does.
    FULLY_CONNECTED_LITERT_I8 = 22, "fully_connected_litert_i8";
    /// Convolution, float32.
    CONV_2D_F32 = 32, "conv2d_f32";
    /// Depthwise convolution, float32.
    DEPTHWISE_CONV_2D_F32 = 33, "depthwise_conv2d_f32";
    /// Fully connected, float32.
    FULLY_CONNECTED_F32 = 34, "fully_connected_f32";
    /// Transposed convolution, float32.
    TRANSPOSE_CONV_2D_F32 = 35, "transpose_conv2d_f32";
    /// Elementwise operator of two inputs with broadcasting, float32.
    BINARY_F32 = 36, "binary_f32";
    /// Average pooling, float32.
    AVERAGE_POOL_F32 = 37, "average_pool_f32";
    /// Maximum pooling, float32.
    MAX_POOL_F32 = 38, "max_pool_f32";
    /// Mean or sum over axes, float32.
    REDUCE_F32 = 39, "reduce_f32";
    /// Softmax over the last axis, float32.
    SOFTMAX_F32 = 40, "softmax_f32";
    /// Elementwise function, float32.
    UNARY_F32 = 41, "unary_f32";
    /// Bilinear resize, float32.
    RESIZE_BILINEAR_F32 = 42, "resize_bilinear_f32";
    /// Index of the largest, float32.
    ARG_MAX_F32 = 43, "arg_max_f32";
    /// Convolution, int16 with int8 weights.
    CONV_2D_I16 = 64, "conv2d_i16";
    /// Depthwise convolution, int16 with int8 weights.
    DEPTHWISE_CONV_2D_I16 = 65, "depthwise_conv2d_i16";
    /// Fully connected, int16 with int8 weights.
    FULLY_CONNECTED_I16 = 66, "fully_connected_i16";
    /// Sum or difference with broadcasting, int16.
    ADD_I16 = 67, "add_i16";
    /// Product with broadcasting, int16.
    MULTIPLY_I16 = 68, "multiply_i16";
    /// Larger or smaller of two with broadcasting, int16.
    EXTREMUM_I16 = 69, "extremum_i16";
    /// Average pooling, int16.
    AVERAGE_POOL_I16 = 70, "average_pool_i16";
    /// Maximum pooling, int16.
    MAX_POOL_I16 = 71, "max_pool_i16";
    /// Softmax over the last axis, int16.
    SOFTMAX_I16 = 72, "softmax_i16";
    /// Logistic function or hyperbolic tangent, int16.
    CURVE_I16 = 73, "curve_i16";
    /// Change of scale and integer type, with a factor of its own below zero, and a clamp.
    RESCALE = 74, "rescale";
    /// float32 to int16.
    QUANTIZE_F32_I16 = 75, "quantize_f32_i16";
    /// int16 to float32.
    DEQUANTIZE_I16 = 76, "dequantize_i16";
}
