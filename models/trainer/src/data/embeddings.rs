//! Embeddings that a large model gave for photographs: a table in a safetensors file, one row a photograph, and beside it
//! the list of their files.

use std::collections::HashMap;
use std::path::Path;

use half::f16;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sortd::error::{Error, Result};

use crate::files;

/// The rows of a table, by the photographs' paths below the data folder.
#[derive(Debug)]
pub struct Embeddings {
    rows: HashMap<String, Vec<f32>>,
    sha256: String,
}

impl Embeddings {
    /// Reads `NAME.safetensors`, whose one tensor has a row of numbers (16 or 32 bits) for each line of `NAME.files.txt`.
    ///
    /// # Errors
    /// A file is missing or damaged, or they do not fit each other.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read(path).map_err(|error| {
            error.advice("name the embeddings with --embedding-file, or train without --embeddings")
        })?;
        let list = path.with_extension("files.txt");
        let names = String::from_utf8(files::read(&list)?)
            .map_err(|_| Error::data(format!("{} is not UTF-8", list.display())))?;
        let names: Vec<&str> = names.lines().filter(|line| !line.is_empty()).collect();
        let file = path.display();
        let parsed = SafeTensors::deserialize(&bytes).map_err(|error| {
            Error::data(format!("{file} is not a safetensors file")).caused_by(error)
        })?;
        let tensors = parsed.tensors();
        let [(_, table)] = tensors.as_slice() else {
            return Err(Error::data(format!(
                "{file} holds {} tensors, not one table of embeddings",
                tensors.len()
            )));
        };
        let &[count, length] = table.shape() else {
            return Err(Error::data(format!(
                "{file}: the tensor's shape is {:?}, not that of a table",
                table.shape()
            )));
        };
        if count != names.len() || length == 0 {
            return Err(Error::data(format!(
                "{file} has {count} rows of {length} numbers, and {} names {} photographs",
                list.display(),
                names.len()
            )));
        }
        let numbers = numbers(table).ok_or_else(|| {
            Error::data(format!(
                "{file} holds other numbers than finite floats of 16 or 32 bits"
            ))
        })?;
        let rows = numbers.chunks(length).map(<[f32]>::to_vec);
        Ok(Self {
            rows: names.into_iter().map(str::to_owned).zip(rows).collect(),
            sha256: files::sha256(&bytes),
        })
    }

    /// SHA-256 of the table's file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The row of a photograph in the data folder `data`, where the table has one.
    #[must_use]
    pub fn row(&self, photo: &Path, data: &Path) -> Option<&[f32]> {
        let name = photo.strip_prefix(data).ok()?.to_str()?;
        self.rows.get(name).map(Vec::as_slice)
    }
}

/// A tensor's numbers, where all are finite.
fn numbers(table: &TensorView<'_>) -> Option<Vec<f32>> {
    let numbers: Vec<f32> = match table.dtype() {
        Dtype::F32 => {
            let (numbers, _) = table.data().as_chunks::<4>();
            numbers
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect()
        }
        Dtype::F16 => {
            let (numbers, _) = table.data().as_chunks::<2>();
            numbers
                .iter()
                .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
                .collect()
        }
        _ => return None,
    };
    numbers
        .iter()
        .all(|number| number.is_finite())
        .then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::serialize;
    use std::fs;
    use std::path::PathBuf;

    /// A table of two photographs, whose list says `names`.
    fn table(folder: &Path, numbers: &[f32], names: &str) -> PathBuf {
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| f16::from_f32(*number).to_le_bytes())
            .collect();
        let shape = vec![2, numbers.len() / 2];
        let view = TensorView::new(Dtype::F16, shape, &bytes).unwrap();
        let file = folder.join("large.safetensors");
        fs::write(&file, serialize([("rows", view)], None).unwrap()).unwrap();
        fs::write(folder.join("large.files.txt"), names).unwrap();
        file
    }

    #[test]
    fn a_photograph_has_the_row_that_stands_at_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = table(folder.path(), &[1.0, 2.0, -0.5, 0.25], "a/1.jpg\nb/2.jpg\n");
        let read = Embeddings::read(&file).unwrap();
        let row = |photo: &str| read.row(Path::new(photo), Path::new("data"));
        assert_eq!(row("data/b/2.jpg"), Some([-0.5, 0.25].as_slice()));
        assert_eq!(row("data/b/3.jpg"), None);
        assert_eq!(row("elsewhere/a/1.jpg"), None);
    }

    #[test]
    fn a_table_that_does_not_fit_its_list_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |numbers: &[f32], names: &str| {
            let file = table(folder.path(), numbers, names);
            Embeddings::read(&file).unwrap_err().to_string()
        };
        let error = refused(&[1.0, 2.0], "a/1.jpg\n");
        assert!(error.contains("names 1 photographs"), "{error}");
        let error = refused(&[1.0, f32::NAN], "a/1.jpg\nb/2.jpg\n");
        assert!(error.contains("finite"), "{error}");
    }
}
