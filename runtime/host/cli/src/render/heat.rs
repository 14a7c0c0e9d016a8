//! A picture of an input, and the same under a map of what mattered.

use crate::analysis::occlusion::Grid;
use crate::analysis::view::Kind;
use anyhow::Result;
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// Pixels of the longer side of each of the two pictures, and between them.
const SIDE: usize = 480;
const GAP: usize = 16;

/// Shortest side of a picture, for long narrow inputs.
const LEAST_SIDE: usize = 120;

/// Width and height of audio, whose two axes have nothing to do with each other.
const AUDIO: (usize, usize) = (720, 240);

/// Cells of a signal's picture: samples are gathered to so many columns.
const SIGNAL_CELLS: usize = 480;

/// Red where hiding lowers the score (it speaks for the class), blue where hiding raises it.
const FOR: [f64; 3] = [226.0, 58.0, 38.0];
const AGAINST: [f64; 3] = [38.0, 104.0, 226.0];

/// Most of the input that the map covers.
const COVER: f64 = 0.82;

/// Input and overlay side by side (a signal: one above the other), as PNG. `values` are the input's real values, `map` the
/// change of the score by cell.
pub fn png(kind: Kind, grid: Grid, values: &[f64], map: &[f64]) -> Result<Vec<u8>> {
    let picture = match kind {
        Kind::Signal => signal(values, map),
        _ => cells(kind, grid, values, map),
    };
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// Strength of each cell: 1 where hiding costs most, −1 where it brings as much.
fn strengths(map: &[f64]) -> Vec<f64> {
    let largest = map.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    map.iter().map(|value| if largest > 0.0 { -value / largest } else { 0.0 }).collect()
}

fn blend(base: [f64; 3], strength: f64) -> Rgb<u8> {
    // Faint changes stay faint: what matters stands out.
    let cover = COVER * strength.abs().powf(0.8);
    let colour = if strength > 0.0 { FOR } else { AGAINST };
    let grey = 0.30 * base[0] + 0.59 * base[1] + 0.11 * base[2];
    let mix = |channel: usize| (grey * 0.75 + 32.0) * (1.0 - cover) + colour[channel] * cover;
    Rgb([0, 1, 2].map(|channel| mix(channel).clamp(0.0, 255.0) as u8))
}

fn cells(kind: Kind, grid: Grid, values: &[f64], map: &[f64]) -> RgbImage {
    // Time runs to the right and frequency upwards; a picture stays as it is.
    let turned = kind == Kind::Audio;
    let (across, down) = if turned { (grid.rows, grid.columns) } else { (grid.columns, grid.rows) };
    let scale = SIDE as f64 / across.max(down).max(1) as f64;
    let side = |cells: usize| ((cells as f64 * scale).round() as usize).clamp(LEAST_SIDE, SIDE);
    let (width, height) = if turned { AUDIO } else { (side(across), side(down)) };
    let cell = |x: usize, y: usize| {
        let (column, row) = (x * across / width, y * down / height);
        if turned { column * grid.columns + (grid.columns - 1 - row) } else { row * grid.columns + column }
    };
    // Bands differ by orders of magnitude (the first cepstral coefficient is the loudness): each has its own greys.
    let bands = if turned { grid.columns } else { 1 };
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); bands];
    for (at, &value) in values.iter().enumerate() {
        let (low, high) = &mut ends[at / grid.channels % bands];
        (*low, *high) = (low.min(value), high.max(value));
    }
    let shade = |value: f64, cell: usize| {
        let (low, high) = ends[cell % bands];
        255.0 * (value - low) / (high - low).max(1e-12)
    };
    let base = |cell: usize| {
        let own = &values[cell * grid.channels..(cell + 1) * grid.channels];
        match own {
            [red, green, blue] => [shade(*red, cell), shade(*green, cell), shade(*blue, cell)],
            _ => [shade(own.iter().sum::<f64>() / own.len().max(1) as f64, cell); 3],
        }
    };
    let strengths = strengths(map);
    // Wide pictures stand above each other, others side by side.
    let below = width > 2 * height;
    let (total_width, total_height) = if below { (width, 2 * height + GAP) } else { (2 * width + GAP, height) };
    let mut picture = RgbImage::from_pixel(total_width as u32, total_height as u32, Rgb([255; 3]));
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let cell = cell(x, y);
        let base = base(cell);
        let plain = Rgb(base.map(|channel| channel.clamp(0.0, 255.0) as u8));
        picture.put_pixel(x as u32, y as u32, plain);
        let (to_x, to_y) = if below { (x, y + height + GAP) } else { (x + width + GAP, y) };
        picture.put_pixel(to_x as u32, to_y as u32, blend(base, strengths[cell]));
    }
    picture
}

/// A wave with the map behind it.
fn signal(values: &[f64], map: &[f64]) -> RgbImage {
    let (width, height) = (2 * SIGNAL_CELLS, 240usize);
    let strengths = strengths(map);
    let largest = values.iter().fold(1e-12f64, |largest, value| largest.max(value.abs()));
    let mut picture = RgbImage::new(width as u32, height as u32);
    for x in 0..width {
        let from = x * values.len() / width;
        let to = ((x + 1) * values.len() / width).max(from + 1).min(values.len());
        let part = &values[from.min(to)..to];
        let level = |value: f64| (height as f64 / 2.0) * (1.0 - 0.94 * value / largest);
        let low = part.iter().copied().fold(f64::INFINITY, f64::min);
        let high = part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (top, bottom) = (level(high) - 1.0, level(low) + 1.0);
        let mean = strengths[from.min(to)..to].iter().sum::<f64>() / part.len().max(1) as f64;
        for y in 0..height {
            let inked = top <= y as f64 && y as f64 <= bottom;
            let pixel = if inked { Rgb([28, 34, 44]) } else { blend([255.0; 3], mean) };
            picture.put_pixel(x as u32, y as u32, pixel);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_that_matters_is_red_and_the_contrary_one_blue() {
        let grid = Grid { rows: 4, columns: 4, channels: 1 };
        let mut map = vec![0.0; 16];
        (map[5], map[10]) = (-2.0, 1.0);
        let bytes = png(Kind::Image, grid, &[0.5; 16], &map).expect("a picture");
        let picture = image::load_from_memory(&bytes).expect("a PNG").to_rgb8();
        assert_eq!(picture.dimensions(), ((2 * SIDE + GAP) as u32, SIDE as u32));
        let at = |row: usize, column: usize| {
            let middle = |cell: usize| (cell * SIDE / 4 + SIDE / 8) as u32;
            picture.get_pixel(middle(column) + (SIDE + GAP) as u32, middle(row)).0
        };
        let ([red, _, blue], [other_red, _, other_blue], [a, b, c]) = (at(1, 1), at(2, 2), at(0, 0));
        assert!(red > blue + 60 && other_blue > other_red + 20 && a == b && b == c);
    }

    #[test]
    fn time_runs_right_and_frequency_up() {
        let grid = Grid { rows: 10, columns: 5, channels: 1 };
        let mut map = vec![0.0; 50];
        map[9 * 5 + 4] = -1.0; // last step, highest band
        let picture = cells(Kind::Audio, grid, &[0.0; 50], &map);
        let (width, height) = picture.dimensions();
        assert_eq!((width as usize, height as usize), (AUDIO.0, 2 * AUDIO.1 + GAP));
        let corner = picture.get_pixel(width - 4, (AUDIO.1 + GAP + 4) as u32).0;
        assert!(corner[0] > corner[2] + 60, "{corner:?}");
    }
}
