use std::hash::Hash;

/// What a key function may give: everything that can be hashed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a grouping",
    label = "this key cannot be hashed",
    note = "derive `Hash` for it, or use what makes it the key; for a floating-point number, its `to_bits()`"
)]
pub trait GroupingKey: Hash {}

#[diagnostic::do_not_recommend]
impl<K: Hash + ?Sized> GroupingKey for K {}
