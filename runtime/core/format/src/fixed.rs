//! Values of fixed width: every field at a fixed place, little-endian, without padding, so that a reader that has
//! checked a length once finds each field by one load.

use crate::header::{byte, u16_le, u32_le};

/// A value of fixed width.
pub trait Fixed: Sized {
    /// Bytes it takes.
    const BYTES: usize;

    /// Reads the value at byte `at` of `raw`, bytes beyond its end as 0; none when they are no value of the type.
    fn read(raw: &[u8], at: usize) -> Option<Self>;

    /// Gives the value's bytes to `put`, in order, [`Fixed::BYTES`] of them.
    fn write(&self, put: &mut impl FnMut(&[u8]));
}

/// Defines how a number is read and written.
macro_rules! number {
    ($number:ty, $raw:ident, $at:ident => $read:expr) => {
        impl Fixed for $number {
            const BYTES: usize = size_of::<Self>();

            #[inline(always)]
            fn read($raw: &[u8], $at: usize) -> Option<Self> {
                Some($read)
            }

            fn write(&self, put: &mut impl FnMut(&[u8])) {
                put(&self.to_le_bytes());
            }
        }
    };
}
number!(u8, raw, at => byte(raw, at));
number!(i8, raw, at => byte(raw, at) as i8);
number!(i16, raw, at => u16_le(raw, at) as i16);
number!(u16, raw, at => u16_le(raw, at));
number!(u32, raw, at => u32_le(raw, at));
number!(i32, raw, at => u32_le(raw, at) as i32);
number!(f32, raw, at => f32::from_bits(u32_le(raw, at)));

/// One byte, 0 or 1.
impl Fixed for bool {
    const BYTES: usize = 1;

    #[inline(always)]
    fn read(raw: &[u8], at: usize) -> Option<Self> {
        match byte(raw, at) {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn write(&self, put: &mut impl FnMut(&[u8])) {
        put(&[*self as u8]);
    }
}

/// No bytes: operators without parameters.
impl Fixed for () {
    const BYTES: usize = 0;

    #[inline(always)]
    fn read(_: &[u8], _: usize) -> Option<Self> {
        Some(())
    }

    fn write(&self, _: &mut impl FnMut(&[u8])) {}
}

impl<T: Fixed + Copy + Default, const N: usize> Fixed for [T; N] {
    const BYTES: usize = N * T::BYTES;

    #[inline(always)]
    fn read(raw: &[u8], at: usize) -> Option<Self> {
        let mut values = [T::default(); N];
        for (index, slot) in values.iter_mut().enumerate() {
            *slot = T::read(raw, at + index * T::BYTES)?;
        }
        Some(values)
    }

    fn write(&self, put: &mut impl FnMut(&[u8])) {
        self.iter().for_each(|value| value.write(put));
    }
}

/// Defines a struct of fixed width from its fields, which stand one behind the other.
macro_rules! fixed {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::Fixed for $name {
            const BYTES: usize = 0 $(+ <$type as $crate::Fixed>::BYTES)*;

            #[inline(always)]
            fn read(raw: &[u8], at: usize) -> Option<Self> {
                let mut next = at;
                $(
                    let $field = <$type as $crate::Fixed>::read(raw, next)?;
                    next += <$type as $crate::Fixed>::BYTES;
                )*
                let _ = next;
                Some(Self { $($field,)* })
            }

            fn write(&self, put: &mut impl FnMut(&[u8])) {
                $(self.$field.write(put);)*
            }
        }
    };
}
pub(crate) use fixed;

#[cfg(test)]
mod tests {
    use crate::Fixed;
    use crate::parameters::{
        AddParameters, BinaryF32Parameters, BinaryKind, FillParameters, MultiplierParameters, UnaryKind,
    };

    /// Bytes of `value`, at the front of zeros.
    fn written<T: Fixed>(value: &T) -> [u8; 32] {
        let mut bytes = [0; 32];
        let mut count = 0;
        value.write(&mut |field| {
            bytes[count..count + field.len()].copy_from_slice(field);
            count += field.len();
        });
        assert_eq!(count, T::BYTES);
        bytes
    }

    #[test]
    fn values_are_read_as_written_wherever_they_stand() {
        let multiplier = |mantissa, shift| MultiplierParameters { mantissa, shift };
        let add = AddParameters {
            a: multiplier(1 << 30, -1),
            b: multiplier(i32::MAX, -31),
            output: multiplier(0, 30),
            subtract: true,
            activation_min: -128,
            activation_max: 127,
        };
        let bytes = written(&add);
        assert_eq!(bytes[..5], [0, 0, 0, 0x40, 0xFF]);
        assert_eq!(bytes[15..18], [1, 0x80, 0x7F]);
        assert_eq!(AddParameters::read(&bytes, 0), Some(add));
        let mut shifted = [9; 40];
        shifted[3..35].copy_from_slice(&bytes);
        assert_eq!(AddParameters::read(&shifted, 3), Some(add));
        for kind in [UnaryKind::Relu, UnaryKind::LeakyRelu(0.25), UnaryKind::HardSwish, UnaryKind::Clip(-1.0, 2.0)] {
            assert_eq!(UnaryKind::read(&written(&kind), 0), Some(kind));
        }
        let fill = FillParameters { element: [1, 2, 3, 4, 5, 6, 7, 8] };
        assert_eq!(FillParameters::read(&written(&fill), 0), Some(fill));
    }

    #[test]
    fn what_is_no_value_of_the_type_is_refused() {
        assert_eq!(bool::read(&[2], 0), None);
        assert_eq!(UnaryKind::read(&[27, 0, 0, 0, 0, 0, 0, 0, 0], 0), None);
        let kind = BinaryKind::Minimum;
        let mut bytes = written(&BinaryF32Parameters { kind, activation_min: 0.0, activation_max: f32::INFINITY });
        assert_eq!(BinaryF32Parameters::read(&bytes, 0).map(|parameters| parameters.kind), Some(kind));
        bytes[0] = 5;
        assert_eq!(BinaryF32Parameters::read(&bytes, 0), None);
    }
}
