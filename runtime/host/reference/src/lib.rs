//! Float models of other tools, run on the host as they are.
//!
//! tract executes them: for the figures before quantisation, and for models the integer engine does not take.
