//! Parameters of the table lookup.

use crate::ConstantRef;
use crate::fixed::fixed;

fixed! {
    /// Parameters of `LOOKUP_8`. Input: 8-bit tensor; output: 8-bit tensor of as many elements.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LookupParameters {
        /// 256 bytes: the output for each input byte, read as unsigned.
        pub table: ConstantRef,
    }
}
