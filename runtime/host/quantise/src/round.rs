//! Rounding weights together: the error of one weight is made up for by those that follow.
//!
//! With H the covariance of a layer's inputs, the error of a sum is (w − q)ᵀ H (w − q). Factored as H = RᵀR, R upper
//! triangular, the integers are chosen from the last to the first, each nearest to what makes up for those chosen before:
//! Babai's nearest plane (1986), which is what Frantar et al., "GPTQ" (2022) do to language models.

/// Part of the mean variance that is added to each, so that inputs which never vary have no say.
const DAMPING: f64 = 0.01;

/// Mean and covariance of the terms of a sum.
#[derive(Clone)]
pub struct Moments {
    terms: usize,
    rows: f64,
    sums: Vec<f64>,
    products: Vec<f64>,
}

impl Moments {
    /// Of `terms` terms, none seen yet; means only without `covariance`.
    pub fn new(terms: usize, covariance: bool) -> Self {
        let products = vec![0.0; if covariance { terms * terms } else { 0 }];
        Self { terms, rows: 0.0, sums: vec![0.0; terms], products }
    }

    /// True when the covariance is known.
    pub fn has_products(&self) -> bool {
        !self.products.is_empty()
    }

    /// Adds one window.
    pub fn add(&mut self, values: &[f32]) {
        self.rows += 1.0;
        for (at, &value) in values.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            let value = f64::from(value);
            self.sums[at] += value;
            if self.products.is_empty() {
                continue;
            }
            let row = &mut self.products[at * self.terms + at..(at + 1) * self.terms];
            row.iter_mut().zip(&values[at..]).for_each(|(sum, &other)| *sum += value * f64::from(other));
        }
    }

    /// Mean of each term.
    pub fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / self.rows.max(1.0)).collect()
    }

    fn covariance(&self, means: &[f64], a: usize, b: usize) -> f64 {
        self.products[a.min(b) * self.terms + a.max(b)] / self.rows.max(1.0) - means[a] * means[b]
    }
}

/// How sums of one input are rounded: order of the weights and the factor R, row by row.
pub struct Rounding {
    order: Vec<usize>,
    factor: Vec<f64>,
}

impl Rounding {
    /// From what the terms did.
    pub fn of(moments: &Moments) -> Self {
        let terms = moments.terms;
        let means = moments.means();
        let variance = |at: usize| moments.covariance(&means, at, at).max(0.0);
        let mut order: Vec<usize> = (0..terms).collect();
        // The last is chosen first: the one that matters most, while all others can still make up for it.
        order.sort_by(|&a, &b| variance(a).total_cmp(&variance(b)).then(a.cmp(&b)));
        let mean = (0..terms).map(variance).sum::<f64>() / terms.max(1) as f64;
        let damping = (DAMPING * mean).max(f64::MIN_POSITIVE);
        let mut factor = vec![0.0; terms * terms];
        for row in 0..terms {
            for column in row..terms {
                let above = (0..row).map(|k| factor[k * terms + row] * factor[k * terms + column]).sum::<f64>();
                let added = if row == column { damping } else { 0.0 };
                let rest = moments.covariance(&means, order[row], order[column]) + added - above;
                factor[row * terms + column] = match row == column {
                    true => rest.max(damping).sqrt(),
                    false => rest / factor[row * terms + row],
                };
            }
        }
        Self { order, factor }
    }

    /// Integers within −127 ..= 127 for real weights in units of their scale.
    pub fn round(&self, weights: &[f64]) -> Vec<i8> {
        let terms = self.order.len();
        let mut errors = vec![0.0; terms];
        let mut rounded = vec![0; terms];
        for at in (0..terms).rev() {
            let row = &self.factor[at * terms..(at + 1) * terms];
            let carried: f64 = row[at + 1..].iter().zip(&errors[at + 1..]).map(|(r, error)| r * error).sum();
            let weight = weights[self.order[at]];
            let nearest = (weight + carried / row[at]).round().clamp(-127.0, 127.0);
            errors[at] = weight - nearest;
            rounded[self.order[at]] = nearest as i8;
        }
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(rows: &[Vec<f32>], weights: &[f64], rounded: &[i8]) -> f64 {
        let error = |row: &Vec<f32>| -> f64 {
            row.iter().zip(weights).zip(rounded).map(|((&x, w), &q)| f64::from(x) * (w - f64::from(q))).sum()
        };
        let errors: Vec<f64> = rows.iter().map(error).collect();
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        errors.iter().map(|error| (error - mean).powi(2)).sum()
    }

    #[test]
    fn terms_that_move_together_make_up_for_each_other() {
        let rows: Vec<Vec<f32>> = (0..200)
            .map(|row| {
                let shared = ((row * 37) % 101) as f32 / 50.0;
                (0..8).map(|term| shared + ((row * 13 + term * 29) % 17) as f32 / 80.0).collect()
            })
            .collect();
        let mut moments = Moments::new(8, true);
        rows.iter().for_each(|row| moments.add(row));
        let weights: Vec<f64> = (0..8).map(|term| f64::from(term) * 3.0 - 9.6).collect();
        let together = Rounding::of(&moments).round(&weights);
        let alone: Vec<i8> = weights.iter().map(|weight| weight.round() as i8).collect();
        let (together, alone) = (noise(&rows, &weights, &together), noise(&rows, &weights, &alone));
        assert!(together < alone / 20.0, "{together} against {alone}");
    }

    #[test]
    fn independent_terms_and_dead_ones_are_rounded_to_the_nearest() {
        let mut moments = Moments::new(3, true);
        for row in 0..4 {
            moments.add(&[if row & 1 == 0 { 1.0 } else { -1.0 }, if row & 2 == 0 { 1.0 } else { -1.0 }, 0.0]);
        }
        assert_eq!(Rounding::of(&moments).round(&[0.4, -1.6, 300.0]), [0, -2, 127]);
    }
}
