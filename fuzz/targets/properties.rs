//! Configuration files: read, checked, summarised, and what is said about them shown.
#![no_main]

use std::collections::BTreeMap;

use flowcore_agent::check::{NothingElse, Options, summarise};
use flowcore_agent::diagnostic::Renderer;
use flowcore_agent::interpolate::Lookups;
use flowcore_agent::{load_files, without_running};

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    // Its length steers: so any configuration is an input.
    let steering = text.len();
    let lookups = Lookups {
        environment: &|name| (name == "HOME").then(|| "home".to_owned()),
        system: &BTreeMap::from([("total".to_owned(), "3".to_owned())]),
        date: &|format| Ok(format.to_owned()),
        bare_environment: steering & 4 != 0,
    };
    let options = Options { strict: steering & 1 != 0, lenient: steering & 2 != 0 };
    let loaded = load_files([("fuzz.conf", text)], &lookups, &mut without_running, options, &NothingElse);
    let Ok(checked) = loaded else { return };
    let (mut shown, renderer) = (String::new(), Renderer::new(&checked.files, steering & 8 != 0));
    for said in &checked.diagnostics {
        renderer.write(said, &mut shown).expect("a text takes all");
    }
    for agent in &checked.config.agents {
        let _ = summarise(agent);
    }
});
