mod build;
mod counts;
mod failures;
mod groups;
mod parts;
mod stop;
mod writer;
