//! The README and the pages of the guide, so that their examples are compiled and run.

#[doc = include_str!("../../README.md")]
struct Readme;

#[doc = include_str!("../../docs/first-topology.md")]
struct FirstTopology;

#[doc = include_str!("../../docs/delivery.md")]
struct Delivery;

#[doc = include_str!("../../docs/testing.md")]
struct Testing;

#[doc = include_str!("../../docs/windows.md")]
struct Windows;

#[doc = include_str!("../../docs/performance.md")]
struct Performance;

#[doc = include_str!("../../docs/coming-from-storm.md")]
struct ComingFromStorm;
