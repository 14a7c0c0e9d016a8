//! How the channels of a tensor relate to its source's: slimming leaves some out (their order stays), equalisation scales
//! each by a factor of its own.

use crate::compare::Quantized;

/// Positions by which channels are recognised.
const POSITIONS: usize = 64;

/// Channels count as scaled when signal over error is below the first without factors, and factors of their own explain
/// as many decibels as the second; never from fewer positions than the third, which a fit could explain by chance.
const UNSCALED_DB: f64 = 20.0;
const SCALED_DB: f64 = 10.0;
const LEAST_POSITIONS: usize = 24;

/// Where our elements stand in the source's tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelMap {
    source_channels: usize,
    kept: Option<Vec<usize>>,
}

/// For each of our channels the factor that brings it to the source's scale, if channels were scaled at all: the least
/// squares fit over `pairs` of inferences. None when the values are near each other without.
pub fn factors(pairs: &[(Quantized<'_>, Quantized<'_>)], channels: usize, map: &ChannelMap) -> Option<Vec<f64>> {
    let mut sums = vec![[0.0f64; 3]; channels];
    let (mut plain, mut positions) = (0.0, 0);
    for (ours, source) in pairs {
        positions += ours.array.len() / channels.max(1);
        for index in 0..ours.array.len() {
            let (mine, theirs) = (ours.real(index), source.real(map.at(index)));
            let [own, both, other] = &mut sums[index % channels];
            *own += mine * mine;
            *both += mine * theirs;
            *other += theirs * theirs;
            plain += (mine - theirs).powi(2);
        }
    }
    let factors: Vec<f64> =
        sums.iter().map(|&[own, both, _]| if own > 0.0 && both > 0.0 { both / own } else { 1.0 }).collect();
    let left: f64 = sums.iter().zip(&factors).map(|([own, both, other], f)| other - 2.0 * f * both + f * f * own).sum();
    let signal: f64 = sums.iter().map(|[_, _, other]| other).sum();
    let decibels = |ratio: f64| 10.0 * ratio.log10();
    let far = plain > 0.0 && decibels(signal / plain) < UNSCALED_DB;
    let explained = decibels(plain / left.max(plain * 1e-12)) >= SCALED_DB;
    (channels > 1 && positions >= LEAST_POSITIONS && far && explained).then_some(factors)
}

impl ChannelMap {
    /// Every element in its place.
    pub fn identity() -> Self {
        Self { source_channels: 1, kept: None }
    }

    /// The channels (indices along the source's last axis) `kept` of a tensor of `source_channels`; none when they are
    /// not what `ours` and `source` elements need.
    pub fn of(kept: &[usize], source_channels: usize, ours: usize, source: usize) -> Option<Self> {
        let channels = kept.len();
        let fits = channels > 0
            && ours.is_multiple_of(channels)
            && source.is_multiple_of(source_channels)
            && kept.iter().all(|&channel| channel < source_channels)
            && ours / channels == source / source_channels;
        fits.then(|| Self { source_channels, kept: Some(kept.to_vec()) })
    }

    /// Index in the source of our element `index`.
    pub fn at(&self, index: usize) -> usize {
        match &self.kept {
            Some(kept) => index / kept.len() * self.source_channels + kept[index % kept.len()],
            None => index,
        }
    }

    /// Channels kept and channels of the source; none when all are.
    pub fn kept(&self) -> Option<(usize, usize)> {
        self.kept.as_ref().map(|kept| (kept.len(), self.source_channels))
    }
}

/// The channels of `source` that `ours` most likely holds, by their values: the selection in order with the least sum of
/// squared differences (a shortest path over both lists of channels). None when ours is not the narrower one.
pub fn recognise(
    ours: &Quantized<'_>,
    channels: usize,
    source: &Quantized<'_>,
    source_channels: usize,
) -> Option<Vec<usize>> {
    let rows = ours.array.len().checked_div(channels)?;
    if channels == 0 || channels >= source_channels || rows == 0 || rows != source.array.len() / source_channels {
        return None;
    }
    let step = rows.div_ceil(POSITIONS);
    let cost = |mine: usize, theirs: usize| -> f64 {
        let difference = |row: usize| ours.real(row * channels + mine) - source.real(row * source_channels + theirs);
        (0..rows).step_by(step).map(|row| difference(row).powi(2)).sum()
    };
    // best[i][j]: least cost of our channels from i on among the source's from j on.
    let mut best = vec![vec![f64::INFINITY; source_channels + 1]; channels + 1];
    best[channels].fill(0.0);
    let mut taken = vec![vec![false; source_channels]; channels];
    for mine in (0..channels).rev() {
        for theirs in (0..source_channels).rev() {
            let (take, skip) = (cost(mine, theirs) + best[mine + 1][theirs + 1], best[mine][theirs + 1]);
            taken[mine][theirs] = take <= skip;
            best[mine][theirs] = take.min(skip);
        }
    }
    let (mut kept, mut theirs) = (Vec::new(), 0);
    for row in taken {
        theirs += row.iter().skip(theirs).position(|&take| take)?;
        kept.push(theirs);
        theirs += 1;
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::{Array, Elements};
    use mote_engine::ElementType;

    #[test]
    fn kept_channels_are_recognised_through_rounding() {
        let float: Vec<f32> = (0..40 * 6).map(|index| ((index * 7919) % 613) as f32 / 100.0).collect();
        let kept = [0, 2, 3, 5];
        let stored = |row: usize| kept.map(|channel: usize| (float[row * 6 + channel] / 0.05).round() as i64);
        let values: Vec<i64> = (0..40).flat_map(stored).collect();
        let ours = Array { shape: vec![40, 4], elements: Elements::Integer(values, ElementType::I8) };
        let source = Array { shape: vec![40, 6], elements: Elements::F32(float) };
        let side = |array, scale| Quantized { array, scale, zero_point: 0, factors: None };
        assert_eq!(recognise(&side(&ours, 0.05), 4, &side(&source, 0.0), 6), Some(kept.to_vec()));
        assert_eq!(recognise(&side(&source, 0.0), 6, &side(&ours, 0.05), 4), None);
        let map = ChannelMap::of(&kept, 6, 160, 240).expect("it fits");
        assert_eq!((map.at(0), map.at(3), map.at(5)), (0, 5, 8));
        assert_eq!(ChannelMap::of(&[9], 6, 40, 240), None);
    }

    #[test]
    fn scaled_channels_are_told_from_rounding() {
        let real = |index: usize| ((index * 7919) % 613) as f32 / 100.0;
        let array = |values: Vec<f32>| Array { shape: vec![40, 3], elements: Elements::F32(values) };
        let source = array((0..120).map(real).collect());
        let rounded = array((0..120).map(|index| (real(index) * 20.0).round() / 20.0).collect());
        let scaled = array((0..120).map(|index| real(index) * [1.0, 4.0, 0.25][index % 3]).collect());
        let side = |array| Quantized { array, scale: 0.0, zero_point: 0, factors: None };
        let of = |ours| factors(&[(side(ours), side(&source))], 3, &ChannelMap::identity());
        assert_eq!(of(&rounded), None);
        let found = of(&scaled).expect("channels were scaled");
        assert!(found.iter().zip([1.0, 0.25, 4.0]).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}");
    }
}
