//! Window arithmetic: SAME and VALID resolved to explicit padding, as TFLite resolves them.

/// Placement of a window along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Output extent; at least 1.
    pub output: usize,
    /// Padding before the input.
    pub before: usize,
    /// Padding after the input (the larger half when the total is odd).
    pub after: usize,
}

/// Places a window of `window` taps, `dilation` apart, moved by `stride` over `input` elements.
///
/// SAME: output = ceil(input / stride), padding total = (output − 1) × stride + effective window − input, at least 0,
/// its smaller half before. VALID: output = ceil((input − effective window + 1) / stride), no padding.
/// None when an argument is 0, the output would be empty, or the arithmetic leaves the machine's range.
pub(crate) fn place(input: usize, window: usize, stride: usize, dilation: usize, same: bool) -> Option<Placement> {
    if input == 0 || window == 0 || stride == 0 || dilation == 0 {
        return None;
    }
    let effective = (window - 1).checked_mul(dilation)?.checked_add(1)?;
    if !same {
        let output = input.checked_sub(effective)? / stride + 1;
        return Some(Placement { output, before: 0, after: 0 });
    }
    let output = input.div_ceil(stride);
    let reach = (output - 1).checked_mul(stride)?.checked_add(effective)?;
    let total = reach.saturating_sub(input);
    Some(Placement { output, before: total / 2, after: total - total / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(input: usize, window: usize, stride: usize, dilation: usize, same: bool) -> (usize, usize, usize) {
        let placement = place(input, window, stride, dilation, same).expect("a window that fits");
        (placement.output, placement.before, placement.after)
    }

    #[test]
    fn same_puts_the_larger_half_after() {
        assert_eq!(placed(96, 3, 2, 1, true), (48, 0, 1));
        assert_eq!(placed(49, 10, 2, 1, true), (25, 4, 5));
        assert_eq!(placed(10, 4, 2, 1, true), (5, 1, 1));
        assert_eq!(placed(5, 3, 1, 1, true), (5, 1, 1));
    }

    #[test]
    fn same_with_dilation_uses_the_effective_window() {
        assert_eq!(placed(7, 3, 1, 2, true), (7, 2, 2));
        assert_eq!(placed(8, 2, 1, 3, true), (8, 1, 2));
    }

    #[test]
    fn same_with_stride_beyond_the_window_needs_no_padding() {
        assert_eq!(placed(9, 1, 4, 1, true), (3, 0, 0));
        assert_eq!(placed(8, 2, 4, 1, true), (2, 0, 0));
    }

    #[test]
    fn valid_never_pads() {
        assert_eq!(placed(30, 3, 1, 1, false), (28, 0, 0));
        assert_eq!(placed(10, 3, 3, 1, false), (3, 0, 0));
        assert_eq!(placed(10, 3, 2, 3, false), (2, 0, 0));
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(place(2, 3, 1, 1, false), None);
        assert_eq!(place(5, 3, 1, 3, false), None);
        for zero in 0..4 {
            let mut arguments = [5, 3, 1, 1];
            arguments[zero] = 0;
            let [input, window, stride, dilation] = arguments;
            assert_eq!(place(input, window, stride, dilation, true), None);
        }
        assert_eq!(place(usize::MAX, usize::MAX, 1, 2, true), None);
    }

    /// The definition, from the operator specification: the last window must end inside the padded input, and one
    /// less padding would leave fewer than ceil(input / stride) windows.
    #[test]
    fn same_is_the_least_padding_that_gives_the_output() {
        for input in 1..20 {
            for window in 1..6 {
                for stride in 1..5 {
                    for dilation in 1..4 {
                        let (output, before, after) = placed(input, window, stride, dilation, true);
                        let effective = (window - 1) * dilation + 1;
                        let windows = |padded: usize| (padded + stride).saturating_sub(effective) / stride;
                        let padded = input + before + after;
                        assert_eq!(output, input.div_ceil(stride));
                        assert!(windows(padded) >= output, "{input} {window} {stride} {dilation}");
                        assert!(before <= after && after <= before + 1);
                        if before + after > 0 {
                            assert!(windows(padded - 1) < output, "{input} {window} {stride} {dilation}");
                        }
                    }
                }
            }
        }
    }
}
