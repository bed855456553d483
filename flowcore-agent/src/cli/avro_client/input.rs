use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A longer line is refused.
const LONGEST: u64 = 16 << 20;
const COMPLETED: &str = ".COMPLETED";

/// Where lines come from.
#[derive(Debug)]
pub(super) enum Input {
    Standard,
    File(PathBuf),
}

/// Why a line is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("{input}: cannot be read")]
    Read {
        input: String,
        #[source]
        cause: io::Error,
    },
    #[error("{input}: cannot be renamed")]
    Rename {
        input: String,
        #[source]
        cause: io::Error,
    },
    #[error("{input}, line {line}: longer than {LONGEST} bytes")]
    TooLong { input: String, line: u64 },
}

/// The files of a folder that were not sent yet, by name; none whose name begins with a dot.
pub(super) fn files_in(folder: &Path) -> Result<Vec<Input>, InputError> {
    let cannot = |cause| InputError::Read { input: folder.display().to_string(), cause };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = entry.file_type().map_err(cannot)?.is_file();
        if is_file && !name.starts_with('.') && !name.ends_with(COMPLETED) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files.into_iter().map(Input::File).collect())
}

impl Input {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Standard => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    pub(super) fn lines(&self) -> Result<Lines, InputError> {
        let reader: Box<dyn Read> = match self {
            Self::Standard => Box::new(io::stdin()),
            Self::File(path) => {
                let cannot = |cause| InputError::Read { input: self.name(), cause };
                Box::new(File::open(path).map_err(cannot)?)
            }
        };
        Ok(Lines { reader: BufReader::new(reader), name: self.name(), line: 1 })
    }

    /// Its events were delivered.
    pub(super) fn complete(&self) -> Result<(), InputError> {
        let Self::File(path) = self else { return Ok(()) };
        let mut completed = path.clone().into_os_string();
        completed.push(COMPLETED);
        fs::rename(path, completed).map_err(|cause| InputError::Rename { input: self.name(), cause })
    }
}

/// Lines without their ends.
pub(super) struct Lines {
    reader: BufReader<Box<dyn Read>>,
    name: String,
    line: u64,
}

impl Lines {
    /// The number of the next line, from 1.
    pub(super) fn next_line(&self) -> u64 {
        self.line
    }

    /// `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, InputError> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LONGEST + 2).read_until(b'\n', &mut line);
        if read.map_err(|cause| InputError::Read { input: self.name.clone(), cause })? == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        if line.len() as u64 > LONGEST {
            return Err(InputError::TooLong { input: self.name.clone(), line: self.line });
        }
        self.line += 1;
        Ok(Some(line))
    }
}
