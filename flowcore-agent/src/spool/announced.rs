use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind};

use super::candidates::Wanted;

/// Names that are kept until the next look.
const MOST: usize = 10_000;

/// What the system has told of a folder since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Announced {
    /// Of files that are whole: they were moved here, or their writer has closed them. So were the folders that
    /// files may be in. One that is only there may be half written.
    names: HashSet<OsString>,
    /// There is a folder that nobody watches.
    has_folder: bool,
    /// The system could not tell it all.
    is_all: bool,
}

impl Announced {
    /// Whether the source is to look because of this event.
    pub(super) fn add(&mut self, event: &Event, wanted: &Wanted) -> bool {
        if event.need_rescan() {
            self.is_all = true;
            return true;
        }
        let is_whole = matches!(
            event.kind,
            EventKind::Access(AccessKind::Close(AccessMode::Write))
                | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Any))
        );
        let is_folder = wanted.recursive && event.kind == EventKind::Create(CreateKind::Folder);
        let names = event.paths.iter().filter_map(|path| path.file_name());
        let mut names = names.filter(|name| wanted.may_name(name.as_encoded_bytes())).peekable();
        if names.peek().is_none() || !(is_whole || is_folder) {
            return false;
        }
        if is_folder {
            self.has_folder = true;
        } else if self.names.len() < MOST {
            self.names.extend(names.map(OsString::from));
        } else {
            self.is_all = true;
        }
        true
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a file below `root` is whole.
    pub(super) fn names(&self, path: &Path, root: &Path) -> bool {
        let below = path.strip_prefix(root).unwrap_or(path);
        self.is_all || below.components().any(|part| self.names.contains(part.as_os_str()))
    }
}

#[cfg(test)]
mod tests {
    use flowcore::ingest::pattern::Pattern;
    use notify::event::Flag;

    use super::super::candidates::ConsumeOrder;
    use super::*;

    const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const MOVED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::To));
    const FOLDER: EventKind = EventKind::Create(CreateKind::Folder);

    fn wanted(recursive: bool) -> Wanted {
        Wanted {
            include: Pattern::whole("^.*log$").unwrap(),
            ignore: Pattern::whole("^no.*$").unwrap(),
            suffix: ".done".to_owned(),
            recursive,
            order: ConsumeOrder::Oldest,
            done_in: None,
        }
    }

    fn event(kind: EventKind, name: &str) -> Event {
        Event::new(kind).add_path(Path::new("/in").join(name))
    }

    fn wakes(kind: EventKind, name: &str, recursive: bool) -> bool {
        let mut announced = Announced::default();
        let wakes = announced.add(&event(kind, name), &wanted(recursive));
        assert_eq!(announced.is_nothing(), !wakes, "{kind:?} {name}");
        wakes
    }

    #[test]
    fn only_files_that_are_whole_and_wanted_wake() {
        for kind in [CLOSED, MOVED] {
            assert!(wakes(kind, "a.log", false) && wakes(kind, "folder", true));
            for name in [".a.log", "a.log.done", "no.log", "a.txt"] {
                assert!(!wakes(kind, name, false), "{name}");
            }
        }
        assert!(wakes(FOLDER, "folder", true) && !wakes(FOLDER, "a.log", false));
        let open = EventKind::Access(AccessKind::Open(AccessMode::Any));
        for kind in [open, EventKind::Create(CreateKind::File), EventKind::Modify(ModifyKind::Any)] {
            assert!(!wakes(kind, "a.log", true), "{kind:?}");
        }
    }

    #[test]
    fn what_was_moved_here_is_whole_with_all_that_is_in_it_and_what_nobody_told_of_is_not() {
        let (mut announced, root) = (Announced::default(), Path::new("in"));
        announced.add(&event(MOVED, "folder"), &wanted(true));
        announced.add(&event(CLOSED, "a.log"), &wanted(true));
        announced.add(&event(FOLDER, "new"), &wanted(true));
        let names = |path: &str| announced.names(Path::new(path), root);
        assert!(names("in/a.log") && names("in/folder/below/b.log"));
        assert!(!names("in/b.log") && !names("in/new/b.log"));
    }

    #[test]
    fn where_the_system_or_we_cannot_tell_all_of_them_every_file_counts() {
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        let mut announced = Announced::default();
        assert!(announced.add(&lost, &wanted(false)));
        let (mut many, wanted) = (Announced::default(), wanted(false));
        for at in 0..=MOST {
            many.add(&event(CLOSED, &format!("{at}.log")), &wanted);
        }
        for announced in [announced, many] {
            assert!(announced.names(Path::new("in/b.log"), Path::new("in")));
            assert!(announced.names.len() <= MOST);
        }
    }
}
