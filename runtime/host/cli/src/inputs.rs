//! From files to input tensors: which array feeds which input, how many inferences, and how values become bytes.

use crate::arrays::{self, Array, Elements, extension};
use crate::media;
use crate::ports::Ports;
use anyhow::{Context, Result, bail, ensure};
use mote_engine::{ElementType, Model, quantize};
use mote_format::TensorRecord;
use std::path::Path;

/// Bytes for every inference: `inferences[i][k]` are the bytes of input k in inference i.
#[derive(Debug)]
pub struct Feed {
    /// Input bytes per inference.
    pub inferences: Vec<Vec<Vec<u8>>>,
    /// How the inferences were stacked in the file, so that outputs are stacked the same way.
    pub stacking: Stacking,
}

/// How several inferences stand in one array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stacking {
    /// One inference: the array has the tensor's shape.
    Single,
    /// An extra leading axis.
    ExtraAxis,
    /// The tensor's own batch axis of extent 1 is longer in the file.
    BatchAxis,
}

/// Reads `path` as the inputs of `model`: `.npy`, `.npz`, an image, a wav, or raw bytes.
pub fn read(model: &Model<'_>, names: &[String], path: &Path) -> Result<Feed> {
    read_for(&Ports { input_names: names.to_vec(), ..Ports::of_model(model) }, path)
}

/// Reads `path` as the inputs `ports`.
pub fn read_for(ports: &Ports, path: &Path) -> Result<Feed> {
    let (records, names) = (&ports.inputs, &ports.input_names);
    match extension(path).as_str() {
        "npy" | "npz" => from_arrays(records, names, arrays::read(path)?),
        "png" | "jpg" | "jpeg" | "bmp" | "wav" => {
            let preprocessing = ports.preprocessing.as_ref();
            let preprocessing = preprocessing.context("nothing says how media become tensors: pass a .npy file")?;
            let record = records.first().context("the model has no input")?;
            let array = media::read(path, preprocessing, record)?;
            from_arrays(records, names, vec![(String::new(), array)])
        }
        _ => from_raw(records, &std::fs::read(path).with_context(|| format!("reading {}", path.display()))?),
    }
}

/// Raw little-endian tensor bytes: the inputs of an inference one after the other, inference after inference.
fn from_raw(records: &[TensorRecord], bytes: &[u8]) -> Result<Feed> {
    let each: usize = records.iter().map(|r| r.bytes as usize).sum();
    ensure!(
        each > 0 && !bytes.is_empty() && bytes.len().is_multiple_of(each),
        "the file holds {} bytes, one inference takes {each}",
        bytes.len()
    );
    let inferences: Vec<Vec<Vec<u8>>> = bytes
        .chunks_exact(each)
        .map(|mut rest| {
            let take = |record: &TensorRecord| {
                let (part, tail) = rest.split_at(record.bytes as usize);
                rest = tail;
                part.to_vec()
            };
            records.iter().map(take).collect()
        })
        .collect();
    let stacking = if inferences.len() == 1 { Stacking::Single } else { Stacking::ExtraAxis };
    Ok(Feed { inferences, stacking })
}

/// Arrays as the inputs that `records` and `names` describe.
pub fn from_arrays(records: &[TensorRecord], names: &[String], arrays: Vec<(String, Array)>) -> Result<Feed> {
    let mut chosen = Vec::new();
    for (record, name) in records.iter().zip(names) {
        let array = match arrays.iter().find(|(key, _)| key == name) {
            Some((_, array)) => array,
            None if records.len() == 1 => only_fitting(record, name, &arrays)?,
            None => bail!("no array named '{name}' for that input: found {}", list(&arrays)),
        };
        let (stacking, count, order) = stacking(record, name, array)?;
        chosen.push((record, name, order.apply(array), (stacking, count)));
    }
    let count = chosen.iter().map(|(.., (_, n))| *n).max().unwrap_or(0);
    for (_, name, _, (_, n)) in &chosen {
        ensure!(*n == count, "input '{name}' holds {n} inferences, another holds {count}");
    }
    let mut inferences = vec![Vec::new(); count];
    for (record, name, array, _) in &chosen {
        let bytes = to_bytes(record, array).with_context(|| format!("input '{name}'"))?;
        for (inference, part) in inferences.iter_mut().zip(bytes.chunks_exact(record.bytes as usize)) {
            inference.push(part.to_vec());
        }
    }
    Ok(Feed { inferences, stacking: chosen[0].3.0 })
}

/// The array for a model's only input when none has its name: the only array, the one called `x`, or the only one whose
/// shape fits.
fn only_fitting<'a>(record: &TensorRecord, name: &str, arrays: &'a [(String, Array)]) -> Result<&'a Array> {
    if let [(_, only)] = arrays {
        return Ok(only);
    }
    if let Some((_, array)) = arrays.iter().find(|(key, _)| key == "x") {
        return Ok(array);
    }
    let mut fitting = arrays.iter().filter(|(_, array)| stacking(record, name, array).is_ok());
    match (fitting.next(), fitting.next()) {
        (Some((_, array)), None) => Ok(array),
        _ => bail!("which array is input '{name}'? Name one of them so, or 'x': found {}", list(arrays)),
    }
}

fn list(arrays: &[(String, Array)]) -> String {
    arrays.iter().map(|(name, a)| format!("'{name}' {:?}", a.shape)).collect::<Vec<_>>().join(", ")
}

/// How an array stands to a tensor: how inferences are stacked in it, how many, and in which order its axes are. Shapes are
/// tried as they are first; a picture whose channels stand first is taken by a model that wants them last, and the other
/// way round.
fn stacking(record: &TensorRecord, name: &str, array: &Array) -> Result<(Stacking, usize, AxisOrder)> {
    let shape: Vec<usize> = record.shape.extents().iter().map(|&extent| extent as usize).collect();
    let squeezed = |s: &[usize]| s.iter().copied().filter(|&extent| extent != 1).collect::<Vec<_>>();
    if array.shape == shape {
        return Ok((Stacking::Single, 1, AxisOrder::AsIs));
    }
    if let Some((&count, rest)) = array.shape.split_first() {
        if rest == shape {
            return Ok((Stacking::ExtraAxis, count, AxisOrder::AsIs));
        }
        if shape.first() == Some(&1) && rest == &shape[1..] {
            return Ok((Stacking::BatchAxis, count, AxisOrder::AsIs));
        }
    }
    if squeezed(&array.shape) == squeezed(&shape) {
        return Ok((Stacking::Single, 1, AxisOrder::AsIs));
    }
    if let (&[1, a, b, c], Some(rest)) = (shape.as_slice(), array.shape.len().checked_sub(3)) {
        let picture = &array.shape[rest..];
        let stacking = match array.shape[..rest] {
            [] | [1] => Some((Stacking::Single, 1)),
            [count] => Some((Stacking::BatchAxis, count)),
            [count, 1] => Some((Stacking::ExtraAxis, count)),
            _ => None,
        };
        let order = match picture {
            _ if picture == [c, a, b] => Some(AxisOrder::ChannelsToLast),
            _ if picture == [b, c, a] => Some(AxisOrder::ChannelsToFirst),
            _ => None,
        };
        if let (Some((stacking, count)), Some(order)) = (stacking, order) {
            return Ok((stacking, count, order));
        }
    }
    if let Some((&count, rest)) = array.shape.split_first()
        && squeezed(rest) == squeezed(&shape)
    {
        return Ok((Stacking::ExtraAxis, count, AxisOrder::AsIs));
    }
    bail!(
        "input '{name}' takes shape {shape:?}, or that with a leading axis of inferences; the array has {:?}",
        array.shape
    )
}

/// Order of a picture's axes in an array against the model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AxisOrder {
    /// The same.
    AsIs,
    /// The array is [.., C, H, W], the model takes [.., H, W, C].
    ChannelsToLast,
    /// The array is [.., H, W, C], the model takes [.., C, H, W].
    ChannelsToFirst,
}

impl AxisOrder {
    /// The array's elements in the model's order, its shape as it was.
    fn apply(self, array: &Array) -> Array {
        let (rows, columns) = match (self, array.shape.as_slice()) {
            (Self::ChannelsToLast, [.., channels, height, width]) => (*channels, height * width),
            (Self::ChannelsToFirst, [.., height, width, channels]) => (height * width, *channels),
            _ => return array.clone(),
        };
        let elements = match &array.elements {
            Elements::F32(values) => Elements::F32(transposed(values, rows, columns)),
            Elements::Integer(values, kind) => Elements::Integer(transposed(values, rows, columns), *kind),
        };
        Array { shape: array.shape.clone(), elements }
    }
}

/// Every matrix [rows, columns] of `values` turned to [columns, rows].
fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    let turned = |matrix: &[T]| -> Vec<T> {
        (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column)).map(|at| matrix[at]).collect()
    };
    values.chunks_exact((rows * columns).max(1)).flat_map(turned).collect()
}

/// Integers are stored values; floats are quantised by the tensor's parameters.
fn to_bytes(record: &TensorRecord, array: &Array) -> Result<Vec<u8>> {
    use ElementType as T;
    let element_type = record.element_type;
    let range = match element_type {
        T::I8 => (i8::MIN as i64, i8::MAX as i64),
        T::U8 => (0, u8::MAX as i64),
        T::Bool => (0, 1),
        T::I16 => (i16::MIN as i64, i16::MAX as i64),
        T::I32 => (i32::MIN as i64, i32::MAX as i64),
        T::I64 | T::F32 => (i64::MIN, i64::MAX),
    };
    let stored = |value: i64| -> Result<Vec<u8>> {
        ensure!(range.0 <= value && value <= range.1, "{value} is not a stored {} value", element_type.name());
        Ok(value.to_le_bytes()[..element_type.bytes()].to_vec())
    };
    match (&array.elements, element_type) {
        (Elements::F32(reals), T::F32) => Ok(reals.iter().flat_map(|r| r.to_le_bytes()).collect()),
        (Elements::Integer(values, _), T::F32) => Ok(values.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect()),
        (Elements::F32(reals), T::I8 | T::U8) if record.scale > 0.0 => {
            let (min, max) = (range.0 as i32, range.1 as i32);
            let to_byte = |&real: &f32| quantize(real, record.scale, record.zero_point, min, max) as u8;
            Ok(reals.iter().map(to_byte).collect())
        }
        (Elements::F32(_), _) => {
            bail!("float values for an {} tensor without scale: give integers", element_type.name())
        }
        (Elements::Integer(values, _), _) => {
            let parts: Result<Vec<Vec<u8>>> = values.iter().map(|&value| stored(value)).collect();
            Ok(parts?.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_reference::ElementType as T;

    fn array(shape: &[usize]) -> Array {
        let count: usize = shape.iter().product();
        Array { shape: shape.to_vec(), elements: Elements::F32((0..count).map(|value| value as f32).collect()) }
    }

    #[test]
    fn pictures_are_turned_to_the_models_order() {
        let last = crate::ports::record(T::F32, &[1, 2, 4, 3]).expect("a shape");
        let first = crate::ports::record(T::F32, &[1, 3, 2, 4]).expect("a shape");
        let found = |record, shape: &[usize]| stacking(record, "x", &array(shape)).ok();
        assert_eq!(found(&last, &[5, 2, 4, 3]), Some((Stacking::BatchAxis, 5, AxisOrder::AsIs)));
        assert_eq!(found(&last, &[5, 3, 2, 4]), Some((Stacking::BatchAxis, 5, AxisOrder::ChannelsToLast)));
        assert_eq!(found(&first, &[5, 1, 2, 4, 3]), Some((Stacking::ExtraAxis, 5, AxisOrder::ChannelsToFirst)));
        assert_eq!(found(&first, &[2, 4, 3]), Some((Stacking::Single, 1, AxisOrder::ChannelsToFirst)));
        assert_eq!(found(&first, &[5, 4, 2, 3]), None);

        let turned = AxisOrder::ChannelsToLast.apply(&array(&[2, 3, 1, 2]));
        let expected = [0., 2., 4., 1., 3., 5., 6., 8., 10., 7., 9., 11.];
        assert_eq!(turned.elements, Elements::F32(expected.to_vec()));
        let back = AxisOrder::ChannelsToFirst.apply(&Array { shape: vec![2, 1, 2, 3], ..turned });
        assert_eq!(back.elements, array(&[12]).elements);
    }

    #[test]
    fn one_channel_needs_no_order() {
        let record = crate::ports::record(T::F32, &[1, 1, 8, 8]).expect("a shape");
        let found = stacking(&record, "x", &array(&[5, 8, 8, 1])).expect("fits");
        assert!(matches!(found, (_, 5, _)), "{found:?}");
    }
}
