//! Fixed-point functions of gemmlowp: exponential, reciprocal, logistic, tanh.
