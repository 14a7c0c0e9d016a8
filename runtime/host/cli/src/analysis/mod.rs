//! What commands find out about models by running them: layers compared, distributions, what compression would save,
//! which inputs carried an answer. Data only; `render` makes text and pictures of it.

pub mod accuracy;
pub mod align;
pub mod channels;
pub mod distribution;
pub mod layers;
pub mod network;
pub mod occlusion;
pub mod release;
pub mod report;
pub mod side;
pub mod view;
