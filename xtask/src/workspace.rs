//! Where the workspace is, its files, and how programs are run in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The checked-out workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Its folder.
    pub(crate) root: PathBuf,
}

/// A text file of the workspace.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its content.
    pub(crate) text: String,
}

impl Workspace {
    /// The workspace that this program was built from.
    pub(crate) fn locate() -> Self {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
        let manifest = manifest.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        Self { root: manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf) }
    }

    /// A program to be run in the root. It reads no input: CI has none.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// The cargo that started us.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        self.command(&cargo, arguments)
    }

    /// All files whose names end in one of `extensions`, sorted. Build folders and what is not UTF-8 are left out.
    pub(crate) fn files(&self, extensions: &[&str]) -> io::Result<Vec<SourceFile>> {
        let mut files = Vec::new();
        self.walk(&self.root, extensions, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn walk(&self, folder: &Path, extensions: &[&str], files: &mut Vec<SourceFile>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() && !is_left_out(&path) {
                self.walk(&path, extensions, files)?;
            } else if kind.is_file() && has_extension(&path, extensions) {
                match fs::read_to_string(&path) {
                    Ok(text) => files.push(SourceFile { path: self.relative(&path), text }),
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// A path as people write it.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

/// Runs a program to its end; its output is ours. Says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            println!("   cannot start {}: {error}", command.get_program().to_string_lossy());
            false
        }
    }
}

/// Where a program is, as the shell would find it.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Cargo marks its build folders with a file, wherever they are.
fn is_left_out(folder: &Path) -> bool {
    folder.ends_with(".git") || folder.ends_with("coffee-orders-data") || folder.join("CACHEDIR.TAG").exists()
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| extensions.contains(&end))
}
