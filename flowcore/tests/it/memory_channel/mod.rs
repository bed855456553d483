mod behaviour;
mod concurrent;
mod model;
