//! The library's own source, without its tests, as the paths that each file names.

use super::lexer::{Token, tokens};
use super::paths::{NamedPath, paths};
use super::test_code::without_tests;
use crate::workspace::SourceFile;

const FOLDER: &str = "flowcore/src/";

/// One file of the library.
#[derive(Debug)]
pub(crate) struct LibraryFile<'a> {
    /// Its path from the workspace's root.
    pub(crate) path: &'a str,
    /// Its module: `["ingest", "sink"]`.
    pub(crate) module: Vec<String>,
    /// What it names outside its tests.
    pub(crate) names: Vec<NamedPath>,
}

impl LibraryFile<'_> {
    /// The top module that it belongs to; `None` for the crate's root.
    pub(crate) fn area(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

/// The library's files among `files`; those that are test modules are left out.
pub(crate) fn library_files(files: &[SourceFile]) -> Vec<LibraryFile<'_>> {
    let mut read = Vec::new();
    let mut test_modules = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with(FOLDER)) {
        let module = module_of(&file.path);
        let (kept, tests) = without_tests(&tokens(&file.text));
        test_modules.extend(tests.into_iter().map(|name| [module.clone(), vec![name]].concat()));
        read.push((file, module, kept));
    }
    read.retain(|(_, module, _)| !test_modules.iter().any(|test| module.starts_with(test)));
    read.into_iter().map(|(file, module, kept)| library_file(file, module, &kept)).collect()
}

fn library_file<'a>(file: &'a SourceFile, module: Vec<String>, kept: &[Token]) -> LibraryFile<'a> {
    LibraryFile { path: &file.path, names: paths(kept, &module), module }
}

fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix(FOLDER).unwrap_or(path);
    let mut parts: Vec<String> = inside.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}
