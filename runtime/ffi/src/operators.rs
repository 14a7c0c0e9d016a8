//! The operators as objects of the C interface: `mote_operator_<name>`, named as in model files. An image links those
//! whose addresses it takes.

use mote_engine::{OperatorEntry, operators};

macro_rules! objects {
    ($($object:ident = $entry:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($object), "` for lists of operators.")]
            #[unsafe(no_mangle)]
            #[allow(non_upper_case_globals)]
            pub static $object: OperatorEntry = OperatorEntry {
                code: operators::$entry.code,
                check: operators::$entry.check,
                work: operators::$entry.work,
                run: operators::$entry.run,
            };
        )*

        /// Every object with its name in C.
        pub static ALL: &[(&str, &OperatorEntry)] = &[$((stringify!($object), &$object)),*];
    };
}

objects! {
    mote_operator_conv2d_i8 = CONV_2D_I8;
    mote_operator_depthwise_conv2d_i8 = DEPTHWISE_CONV_2D_I8;
    mote_operator_fully_connected_i8 = FULLY_CONNECTED_I8;
    mote_operator_fully_connected_litert_i8 = FULLY_CONNECTED_LITERT_I8;
    mote_operator_transpose_conv2d_i8 = TRANSPOSE_CONV_2D_I8;
    mote_operator_add_i8 = ADD_I8;
    mote_operator_multiply_i8 = MULTIPLY_I8;
    mote_operator_extremum_i8 = EXTREMUM_I8;
    mote_operator_average_pool_i8 = AVERAGE_POOL_I8;
    mote_operator_max_pool_i8 = MAX_POOL_I8;
    mote_operator_reduce_i8 = REDUCE_I8;
    mote_operator_softmax_i8 = SOFTMAX_I8;
    mote_operator_lookup_8 = LOOKUP_8;
    mote_operator_strided_copy = STRIDED_COPY;
    mote_operator_fill = FILL;
    mote_operator_gather = GATHER;
    mote_operator_resize_nearest = RESIZE_NEAREST;
    mote_operator_resize_bilinear_i8 = RESIZE_BILINEAR_I8;
    mote_operator_arg_max_i8 = ARG_MAX_I8;
    mote_operator_quantize_f32 = QUANTIZE_F32;
    mote_operator_dequantize_8 = DEQUANTIZE_8;
    mote_operator_cast = CAST;
    mote_operator_conv2d_f32 = CONV_2D_F32;
    mote_operator_depthwise_conv2d_f32 = DEPTHWISE_CONV_2D_F32;
    mote_operator_fully_connected_f32 = FULLY_CONNECTED_F32;
    mote_operator_transpose_conv2d_f32 = TRANSPOSE_CONV_2D_F32;
    mote_operator_binary_f32 = BINARY_F32;
    mote_operator_unary_f32 = UNARY_F32;
    mote_operator_average_pool_f32 = AVERAGE_POOL_F32;
    mote_operator_max_pool_f32 = MAX_POOL_F32;
    mote_operator_reduce_f32 = REDUCE_F32;
    mote_operator_softmax_f32 = SOFTMAX_F32;
    mote_operator_resize_bilinear_f32 = RESIZE_BILINEAR_F32;
    mote_operator_arg_max_f32 = ARG_MAX_F32;
    mote_operator_conv2d_i16 = CONV_2D_I16;
    mote_operator_depthwise_conv2d_i16 = DEPTHWISE_CONV_2D_I16;
    mote_operator_fully_connected_i16 = FULLY_CONNECTED_I16;
    mote_operator_add_i16 = ADD_I16;
    mote_operator_multiply_i16 = MULTIPLY_I16;
    mote_operator_extremum_i16 = EXTREMUM_I16;
    mote_operator_average_pool_i16 = AVERAGE_POOL_I16;
    mote_operator_max_pool_i16 = MAX_POOL_I16;
    mote_operator_softmax_i16 = SOFTMAX_I16;
    mote_operator_curve_i16 = CURVE_I16;
    mote_operator_rescale = RESCALE;
    mote_operator_quantize_f32_i16 = QUANTIZE_F32_I16;
    mote_operator_dequantize_i16 = DEQUANTIZE_I16;
}
