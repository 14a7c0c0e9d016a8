//! Images and recordings as input tensors, by the passport's preprocessing words.
//!
//! Known words: `image` followed by `value = pixel × scale + offset` terms, as in `image`, `image/255`,
//! `image/127.5-1`; and `wav`, `wav/32768` for raw samples. Height, width and channels come from the tensor.

use crate::arrays::{Array, Elements, extension};
use anyhow::{Context, Result, bail, ensure};
use mote_format::TensorRecord;
use std::path::Path;

/// Reads an image or wav file as `preprocessing` says, in real values, of the tensor's shape.
pub fn read(path: &Path, preprocessing: &str, record: &TensorRecord) -> Result<Array> {
    let is_wav = extension(path) == "wav";
    let word = if is_wav { "wav" } else { "image" };
    let Some(terms) = preprocessing.strip_prefix(word) else {
        bail!(
            "the model's preprocessing is '{preprocessing}', which does not say how to read a {word}: \
             compile with --preprocess {word}/255 or the like, or pass a .npy file"
        );
    };
    let (divisor, offset) = parse_terms(terms)?;
    let raw = if is_wav { samples(path, record)? } else { pixels(path, record)? };
    let shape = record.shape.extents().iter().map(|&extent| extent as usize).collect();
    Ok(Array { shape, elements: Elements::F32(raw.into_iter().map(|v| v / divisor + offset).collect()) })
}

/// `/255`, `/127.5-1`, `-128` or nothing, as (divisor, offset).
fn parse_terms(terms: &str) -> Result<(f32, f32)> {
    let place = || format!("preprocessing '{terms}': expected /DIVISOR, +OFFSET or -OFFSET");
    let mut divisor = 1.0;
    let mut rest = terms;
    if let Some(after) = rest.strip_prefix('/') {
        let end = after.find(['+', '-']).unwrap_or(after.len());
        divisor = after[..end].parse::<f32>().with_context(place)?;
        ensure!(divisor != 0.0, place());
        rest = &after[end..];
    }
    let offset = if rest.is_empty() { 0.0 } else { rest.parse::<f32>().with_context(place)? };
    Ok((divisor, offset))
}

fn pixels(path: &Path, record: &TensorRecord) -> Result<Vec<f32>> {
    let [_, height, width, channels] = record.shape.nhwc().context("the input is not an image")?;
    let picture = image::open(path).with_context(|| format!("reading {}", path.display()))?;
    let picture = picture.resize_exact(width as u32, height as u32, image::imageops::FilterType::Triangle);
    let bytes = match channels {
        1 => picture.to_luma8().into_raw(),
        3 => picture.to_rgb8().into_raw(),
        other => bail!("the input has {other} channels: images give 1 or 3"),
    };
    Ok(bytes.into_iter().map(f32::from).collect())
}

fn samples(path: &Path, record: &TensorRecord) -> Result<Vec<f32>> {
    let needed = record.shape.elements();
    let mut reader = hound::WavReader::open(path).with_context(|| format!("reading {}", path.display()))?;
    let spec = reader.spec();
    ensure!(spec.channels == 1, "the recording has {} channels: mix it down to one", spec.channels);
    ensure!(
        spec.sample_format == hound::SampleFormat::Int && spec.bits_per_sample == 16,
        "the recording has {} bits per sample: convert it to 16-bit integers",
        spec.bits_per_sample
    );
    let mut samples: Vec<f32> = Vec::new();
    for sample in reader.samples::<i16>().take(needed) {
        samples.push(f32::from(sample?));
    }
    ensure!(samples.len() == needed, "the recording has {} samples, the model takes {needed}", samples.len());
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read() {
        assert_eq!(parse_terms("").unwrap(), (1.0, 0.0));
        assert_eq!(parse_terms("/255").unwrap(), (255.0, 0.0));
        assert_eq!(parse_terms("/127.5-1").unwrap(), (127.5, -1.0));
        assert_eq!(parse_terms("-128").unwrap(), (1.0, -128.0));
        assert!(parse_terms("/0").is_err() && parse_terms("x").is_err());
    }
}
