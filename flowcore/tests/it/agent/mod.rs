mod build;
mod failures;
mod groups;
mod parts;
mod stop;
mod writer;
