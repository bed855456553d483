//! What is wrong does not compile, and the compiler says what to do.
//!
//! The messages are those of the pinned toolchain. `TRYBUILD=overwrite cargo test -p flowcore --test it ui`
//! writes them anew.

#[test]
fn misuse_does_not_compile_and_the_message_says_what_to_do() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
