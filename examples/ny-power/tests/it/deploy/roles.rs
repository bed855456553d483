//! What the roles are told, read by the program itself.

use clap::{CommandFactory as _, Parser as _};
use ny_power::cli::Cli;

use super::helm::Helm;
use super::manifests::object;
use super::values::cases;
use super::{compose, containerfile};

/// The arguments of one start: what stands before them is the image's business.
fn understand(place: &str, arguments: &[&str]) {
    let words = std::iter::once("ny-power").chain(arguments.iter().copied());
    if let Err(error) = Cli::try_parse_from(words) {
        panic!("{place}: {error}");
    }
}

#[test]
fn the_program_understands_the_chart() {
    let helm = Helm::new();
    for (case, values) in cases() {
        let manifests = helm.template(&values);
        for container in manifests.containers() {
            let arguments = container.arguments().join(" ");
            // Kubernetes puts it in from the Secret.
            let arguments = arguments.replace("$(ARCHIVE_URL)", "influx://user:password@db.example");
            // Other images have no arguments here.
            if !arguments.is_empty() {
                let place = format!("{case}: {}", container.name());
                understand(&place, &arguments.split(' ').collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn the_program_understands_the_compose_files() {
    for name in ["compose.yaml", "compose.influxdb.yaml"] {
        for (role, service) in object(&compose::read(name)["services"]) {
            if !service["command"].is_null() {
                understand(&format!("{name}: {role}"), &compose::command(service));
            }
        }
    }
}

#[test]
fn the_program_understands_the_containerfile() {
    let arguments: Vec<String> = serde_json::from_str(&containerfile::one("CMD")).unwrap();
    understand("CMD", &arguments.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn every_role_that_is_deployed_is_a_command() {
    let manifests = Helm::new().template(&serde_json::json!({"broker": {"kind": "mosquitto"}}));
    let command = Cli::command();
    for container in manifests.containers() {
        if let Some(role) = container.arguments().first() {
            assert!(command.find_subcommand(role).is_some(), "{role}");
        }
    }
}
