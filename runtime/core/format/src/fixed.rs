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
