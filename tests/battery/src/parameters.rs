//! Arguments as names and numbers, for a line of text without formatting machinery.

use mote_kernels::arguments::*;
use mote_kernels::{Region, Rows, Span, Walk, Window};
use mote_numbers::Multiplier;

/// Receives a group (may be empty), a name and a value.
pub type See<'s> = dyn FnMut(&str, &str, i64) + 's;

/// Arguments that can be listed.
pub trait Parameters {
    /// Calls `see` with each number, in a fixed order.
    fn each(&self, see: &mut See<'_>);
}

fn rows(see: &mut See<'_>, group: &str, rows: &Rows) {
    let region = region(rows.region);
    let values = [rows.batch, rows.height, rows.width, rows.channels, rows.ring_rows, rows.offset];
    see(group, "region", region);
    let names = ["batch", "height", "width", "channels", "ring", "offset"];
    names.iter().zip(values).for_each(|(name, value)| see(group, name, value as i64));
}

fn span(see: &mut See<'_>, group: &str, span: &Span) {
    see(group, "region", region(span.region));
    see(group, "offset", span.offset as i64);
    see(group, "bytes", span.bytes as i64);
}

fn region(region: Region) -> i64 {
    match region {
        Region::Arena => 0,
        Region::State => 1,
        Region::Constant => 2,
    }
}

fn window(see: &mut See<'_>, window: &Window, walk: Walk) {
    let names = ["height", "width", "stride_y", "stride_x", "dilation_y", "dilation_x", "pad_top", "pad_left"];
    let Window { height, width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left } =
        *window;
    let values = [height, width, stride_height, stride_width, dilation_height, dilation_width, pad_top, pad_left];
    names.iter().zip(values).for_each(|(name, value)| see("window", name, value as i64));
    see("", "backward", i64::from(walk == Walk::Backward));
}

fn weighted(see: &mut See<'_>, weighted: &WeightedI8) {
    see("", "multipliers", weighted.multipliers as i64);
    see("", "input_zero", weighted.input_zero_point.into());
    see("", "output_zero", weighted.output_zero_point.into());
    see("", "least", weighted.activation_minimum.into());
    see("", "greatest", weighted.activation_maximum.into());
}

fn multiplier(see: &mut See<'_>, group: &str, multiplier: Multiplier) {
    see(group, "mantissa", multiplier.mantissa.into());
    see(group, "shift", multiplier.shift.into());
}

fn list(see: &mut See<'_>, group: &str, values: &[usize]) {
    values.iter().for_each(|&value| see(group, "", value as i64));
}

impl Parameters for Conv2dI8 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.shape.input);
        rows(see, "output", &self.shape.output);
        window(see, &self.shape.window, self.shape.walk);
        see("", "groups", self.shape.groups as i64);
        see("", "overlapping", i64::from(self.shape.overlapping));
        weighted(see, &self.weighted);
    }
}

impl Parameters for DepthwiseI8 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.shape.input);
        rows(see, "output", &self.shape.output);
        window(see, &self.shape.window, self.shape.walk);
        see("", "overlapping", i64::from(self.shape.overlapping));
        weighted(see, &self.weighted);
    }
}

impl Parameters for TransposeConvI8 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.shape.input);
        rows(see, "output", &self.shape.output);
        window(see, &self.shape.window, self.shape.walk);
        weighted(see, &self.weighted);
    }
}

fn fully_connected(see: &mut See<'_>, shape: &FullyConnectedShape) {
    span(see, "input", &shape.input);
    span(see, "output", &shape.output);
    list(see, "rows_depth_outputs", &[shape.rows, shape.depth, shape.outputs]);
}

impl Parameters for FullyConnectedI8 {
    fn each(&self, see: &mut See<'_>) {
        fully_connected(see, &self.shape);
        weighted(see, &self.weighted);
    }
}

impl Parameters for FullyConnectedLitertI8 {
    fn each(&self, see: &mut See<'_>) {
        fully_connected(see, &self.shape);
        see("factors", "bytes", self.factors.bytes as i64);
        see("", "input_zero", self.input_zero_point.into());
        see("", "output_zero", self.output_zero_point.into());
        see("", "least", self.activation_minimum.into());
        see("", "greatest", self.activation_maximum.into());
    }
}

impl Parameters for PoolI8 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.input);
        rows(see, "output", &self.output);
        window(see, &self.window, self.walk);
        see("", "least", self.activation_min.into());
        see("", "greatest", self.activation_max.into());
    }
}

fn binary<P>(see: &mut See<'_>, binary: &Binary<P>) {
    span(see, "a", &binary.a);
    span(see, "b", &binary.b);
    span(see, "output", &binary.output);
    list(see, "extent", &binary.broadcast.extents);
    list(see, "a_stride", &binary.broadcast.a_strides);
    list(see, "b_stride", &binary.broadcast.b_strides);
}

impl Parameters for AddI8 {
    fn each(&self, see: &mut See<'_>) {
        binary(see, self);
        let p = &self.parameters;
        see("", "a_zero", p.a_zero_point.into());
        see("", "b_zero", p.b_zero_point.into());
        see("", "output_zero", p.output_zero_point.into());
        multiplier(see, "a", p.a_multiplier);
        multiplier(see, "b", p.b_multiplier);
        multiplier(see, "output", p.output_multiplier);
        see("", "subtract", i64::from(p.subtract));
        see("", "least", p.activation_min.into());
        see("", "greatest", p.activation_max.into());
    }
}

impl Parameters for MultiplyI8 {
    fn each(&self, see: &mut See<'_>) {
        binary(see, self);
        let p = &self.parameters;
        see("", "a_zero", p.a_zero_point.into());
        see("", "b_zero", p.b_zero_point.into());
        see("", "output_zero", p.output_zero_point.into());
        multiplier(see, "output", p.multiplier);
        see("", "least", p.activation_min.into());
        see("", "greatest", p.activation_max.into());
    }
}

impl Parameters for ExtremumI8 {
    fn each(&self, see: &mut See<'_>) {
        binary(see, self);
        see("", "maximum", i64::from(self.parameters == Extremum::Maximum));
    }
}

impl Parameters for SoftmaxI8 {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        see("", "depth", self.depth as i64);
        see("", "mantissa", self.parameters.mantissa.into());
        see("", "left_shift", self.parameters.left_shift.into());
        see("", "difference_min", self.parameters.difference_min.into());
    }
}

impl Parameters for ReduceI8 {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        list(see, "kept", &self.axes.kept_extents);
        list(see, "kept_stride", &self.axes.kept_strides);
        list(see, "reduced", &self.axes.reduced_extents);
        list(see, "reduced_stride", &self.axes.reduced_strides);
        see("sum", "offset", self.finish.sum_offset.into());
        multiplier(see, "output", self.finish.multiplier);
        see("output", "zero", self.finish.output_zero_point.into());
    }
}

impl Parameters for ResizeBilinear {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.input);
        rows(see, "output", &self.output);
        see("", "backward", i64::from(self.walk == Walk::Backward));
        see("", "align_corners", i64::from(self.parameters.align_corners));
        see("", "half_pixel_centers", i64::from(self.parameters.half_pixel_centers));
    }
}

impl Parameters for ResizeNearest {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.input);
        rows(see, "output", &self.output);
        see("", "backward", i64::from(self.walk == Walk::Backward));
    }
}

impl Parameters for Lookup8 {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
    }
}

impl Parameters for StridedCopy {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        see("", "element_bytes", self.element_bytes as i64);
        list(see, "extent", &self.extents);
        see("input", "start", self.input_start as i64);
        self.input_strides.iter().for_each(|&stride| see("input_stride", "", stride as i64));
        see("output", "start", self.output_start as i64);
        self.output_strides.iter().for_each(|&stride| see("output_stride", "", stride as i64));
    }
}

impl Parameters for Fill {
    fn each(&self, see: &mut See<'_>) {
        span(see, "output", &self.output);
        see("", "element_bytes", self.element_bytes as i64);
    }
}

impl Parameters for Gather {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        let shape = [self.batch, self.outer, self.axis, self.count, self.inner_bytes];
        list(see, "batch_outer_axis_count_inner", &shape);
    }
}

impl Parameters for ArgMax {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        list(see, "outer_axis_inner", &[self.outer, self.axis, self.inner]);
    }
}

fn weighted_i16(see: &mut See<'_>, weighted: &WeightedI16) {
    see("", "multipliers", weighted.multipliers as i64);
    see("", "wide", i64::from(weighted.wide));
    see("", "least", weighted.activation_minimum.into());
    see("", "greatest", weighted.activation_maximum.into());
}

impl Parameters for Conv2dI16 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.shape.input);
        rows(see, "output", &self.shape.output);
        window(see, &self.shape.window, self.shape.walk);
        see("", "groups", self.shape.groups as i64);
        weighted_i16(see, &self.weighted);
    }
}

impl Parameters for DepthwiseI16 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.shape.input);
        rows(see, "output", &self.shape.output);
        window(see, &self.shape.window, self.shape.walk);
        weighted_i16(see, &self.weighted);
    }
}

impl Parameters for FullyConnectedI16 {
    fn each(&self, see: &mut See<'_>) {
        fully_connected(see, &self.shape);
        weighted_i16(see, &self.weighted);
    }
}

impl Parameters for PoolI16 {
    fn each(&self, see: &mut See<'_>) {
        rows(see, "input", &self.input);
        rows(see, "output", &self.output);
        window(see, &self.window, self.walk);
        see("", "least", self.activation_min.into());
        see("", "greatest", self.activation_max.into());
    }
}

impl Parameters for AddI16 {
    fn each(&self, see: &mut See<'_>) {
        binary(see, self);
        let p = &self.parameters;
        multiplier(see, "a", p.a_multiplier);
        multiplier(see, "b", p.b_multiplier);
        multiplier(see, "output", p.output_multiplier);
        see("", "subtract", i64::from(p.subtract));
        see("", "least", p.activation_min.into());
        see("", "greatest", p.activation_max.into());
    }
}

impl Parameters for MultiplyI16 {
    fn each(&self, see: &mut See<'_>) {
        binary(see, self);
        let p = &self.parameters;
        multiplier(see, "output", p.multiplier);
        see("", "least", p.activation_min.into());
        see("", "greatest", p.activation_max.into());
    }
}

impl Parameters for SoftmaxI16 {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        see("", "depth", self.depth as i64);
        multiplier(see, "input", self.multiplier);
    }
}

impl Parameters for CurveI16 {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        see("", "tangent", i64::from(self.tangent));
        see("", "factor", self.factor.into());
        see("", "shift", self.shift.into());
    }
}

impl Parameters for Rescale {
    fn each(&self, see: &mut See<'_>) {
        span(see, "input", &self.input);
        span(see, "output", &self.output);
        let p = &self.parameters;
        see("", "input_zero", p.input_zero_point.into());
        see("", "output_zero", p.output_zero_point.into());
        multiplier(see, "positive", p.positive);
        multiplier(see, "negative", p.negative);
        see("", "least", p.activation_min.into());
        see("", "greatest", p.activation_max.into());
    }
}
