mod build;
mod failures;
mod parts;
mod stop;
mod writer;
