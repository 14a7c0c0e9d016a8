//! Arrays of `.npy` and `.npz` files, and raw bytes.

use anyhow::{Context, Result, bail, ensure};
use mote_engine::ElementType;
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// Elements of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// float32 (float64 files are narrowed).
    F32(Vec<f32>),
    /// Integers of any width, or bool, widened.
    Integer(Vec<i64>, ElementType),
}

/// An array with a shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Extents.
    pub shape: Vec<usize>,
    /// Elements.
    pub elements: Elements,
}

impl Array {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.elements {
            Elements::F32(values) => values.len(),
            Elements::Integer(values, _) => values.len(),
        }
    }

    /// The array of a tensor's raw little-endian bytes.
    pub fn from_bytes(element_type: ElementType, shape: Vec<usize>, bytes: &[u8]) -> Self {
        let integers = |values: Vec<i64>| Elements::Integer(values, element_type);
        let elements = match element_type {
            ElementType::I8 => integers(bytes.iter().map(|&b| b as i8 as i64).collect()),
            ElementType::U8 | ElementType::Bool => integers(bytes.iter().map(|&b| b as i64).collect()),
            ElementType::I16 => integers(chunks(bytes, |c: [u8; 2]| i16::from_le_bytes(c) as i64)),
            ElementType::I32 => integers(chunks(bytes, |c: [u8; 4]| i32::from_le_bytes(c) as i64)),
            ElementType::I64 => integers(chunks(bytes, i64::from_le_bytes)),
            ElementType::F32 => Elements::F32(chunks(bytes, f32::from_le_bytes)),
        };
        Self { shape, elements }
    }

    /// The elements as class labels or other whole numbers.
    pub fn to_integers(&self) -> Vec<i64> {
        match &self.elements {
            Elements::F32(values) => values.iter().map(|&v| v as i64).collect(),
            Elements::Integer(values, _) => values.clone(),
        }
    }
}

fn chunks<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.chunks_exact(N).map(|c| read(c.try_into().expect("chunks_exact gives N bytes"))).collect()
}

/// Reads a `.npy` (one array, no name) or `.npz` file (several, by name).
pub fn read(path: &Path) -> Result<Vec<(String, Array)>> {
    let place = || format!("reading {}", path.display());
    let file = BufReader::new(File::open(path).with_context(place)?);
    if extension(path) == "npz" {
        return read_npz(file).with_context(place);
    }
    let array = npyz::NpyFile::new(file).map_err(anyhow::Error::from).and_then(read_array);
    Ok(vec![(String::new(), array.with_context(place)?)])
}

/// Reads a `.npz` archive.
pub fn read_npz(file: impl Read + Seek) -> Result<Vec<(String, Array)>> {
    let mut archive = npyz::npz::NpzArchive::new(file)?;
    let names: Vec<String> = archive.array_names().map(String::from).collect();
    let mut arrays = Vec::new();
    for name in names {
        let Some(entry) = archive.by_name(&name)? else { continue };
        arrays.push((name.clone(), read_array(entry).with_context(|| format!("array '{name}'"))?));
    }
    ensure!(!arrays.is_empty(), "the archive holds no arrays");
    Ok(arrays)
}

fn read_array(file: npyz::NpyFile<impl Read>) -> Result<Array> {
    use npyz::TypeChar::{Bool, Float, Int, Uint};
    let shape: Vec<usize> = file.shape().iter().map(|&extent| extent as usize).collect();
    ensure!(file.order() == npyz::Order::C || shape.len() < 2, "Fortran order: save it with numpy.ascontiguousarray");
    let npyz::DType::Plain(kind) = file.dtype() else { bail!("structured arrays are not tensors") };
    let integer = |values: Vec<i64>, element_type| Elements::Integer(values, element_type);
    let elements = match (kind.type_char(), kind.size_field()) {
        (Float, 4) => Elements::F32(file.into_vec::<f32>()?),
        (Float, 8) => Elements::F32(file.into_vec::<f64>()?.into_iter().map(|v| v as f32).collect()),
        (Int, 1) => integer(widen(file.into_vec::<i8>()?), ElementType::I8),
        (Uint, 1) => integer(widen(file.into_vec::<u8>()?), ElementType::U8),
        (Int, 2) => integer(widen(file.into_vec::<i16>()?), ElementType::I16),
        (Int, 4) => integer(widen(file.into_vec::<i32>()?), ElementType::I32),
        (Int, 8) => integer(file.into_vec::<i64>()?, ElementType::I64),
        (Bool, _) => integer(file.into_vec::<bool>()?.into_iter().map(i64::from).collect(), ElementType::Bool),
        _ => bail!("element type {} is not supported: use int8, uint8, int16, int32, int64, bool or float32", kind),
    };
    Ok(Array { shape, elements })
}

fn widen<T: Into<i64>>(values: Vec<T>) -> Vec<i64> {
    values.into_iter().map(Into::into).collect()
}

/// Writes one array to a `.npy` file, or several by name to a `.npz` file. The file appears whole or not at all.
pub fn write(path: &Path, arrays: &[(String, Array)]) -> Result<()> {
    let partial = path.with_extension("partial");
    let place = || format!("writing {}", path.display());
    let file = BufWriter::new(File::create(&partial).with_context(place)?);
    if extension(path) == "npz" {
        let mut archive = npyz::npz::NpzWriter::new(file);
        for (name, array) in arrays {
            write_npz_entry(&mut archive, name, array).with_context(place)?;
        }
        archive.zip_writer().finish().with_context(place)?.flush().with_context(place)?;
    } else {
        ensure!(arrays.len() == 1, "{} outputs do not fit a .npy file: name a .npz file", arrays.len());
        let mut file = file;
        write_npy(&mut file, &arrays[0].1).with_context(place)?;
        file.flush().with_context(place)?;
    }
    std::fs::rename(&partial, path).with_context(place)
}

/// Hands `$array` as a vector of its own element type to `$write`.
macro_rules! with_typed {
    ($array:expr, $write:ident) => {{
        let shape: Vec<u64> = $array.shape.iter().map(|&extent| extent as u64).collect();
        match &$array.elements {
            Elements::F32(values) => $write!(f32, values.iter().copied(), &shape),
            Elements::Integer(values, ElementType::I8) => $write!(i8, values.iter().map(|&v| v as i8), &shape),
            Elements::Integer(values, ElementType::U8) => $write!(u8, values.iter().map(|&v| v as u8), &shape),
            Elements::Integer(values, ElementType::Bool) => $write!(bool, values.iter().map(|&v| v != 0), &shape),
            Elements::Integer(values, ElementType::I16) => $write!(i16, values.iter().map(|&v| v as i16), &shape),
            Elements::Integer(values, ElementType::I32) => $write!(i32, values.iter().map(|&v| v as i32), &shape),
            Elements::Integer(values, _) => $write!(i64, values.iter().copied(), &shape),
        }
    }};
}

fn write_npy(file: &mut impl Write, array: &Array) -> Result<()> {
    macro_rules! write_as {
        ($type:ty, $values:expr, $shape:expr) => {{
            let options = npyz::WriteOptions::<$type>::new().default_dtype().shape($shape);
            let mut writer = options.writer(file).begin_nd()?;
            writer.extend($values)?;
            writer.finish()?;
        }};
    }
    with_typed!(array, write_as);
    Ok(())
}

fn write_npz_entry(archive: &mut npyz::npz::NpzWriter<BufWriter<File>>, name: &str, array: &Array) -> Result<()> {
    macro_rules! write_as {
        ($type:ty, $values:expr, $shape:expr) => {{
            let options = archive.array::<$type>(name, Default::default())?;
            let mut writer = options.default_dtype().shape($shape).begin_nd()?;
            writer.extend($values)?;
            writer.finish()?;
        }};
    }
    with_typed!(array, write_as);
    Ok(())
}

/// True when `path` holds stored values rather than real ones: raw bytes, or arrays of which none is float.
pub fn holds_integers(path: &Path) -> Result<bool> {
    match extension(path).as_str() {
        "npy" | "npz" => Ok(read(path)?.iter().all(|(_, array)| matches!(array.elements, Elements::Integer(..)))),
        "png" | "jpg" | "jpeg" | "bmp" | "wav" => Ok(false),
        _ => Ok(true),
    }
}

/// Lower-case file name extension; empty when there is none.
pub fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}
