//! What Helm renders, read back.

use serde::Deserialize as _;
use serde_json::{Map, Value};

/// The documents of one rendering.
pub(super) struct Manifests {
    documents: Vec<Value>,
}

impl Manifests {
    pub(super) fn parse(text: &str) -> Self {
        let parsed = yaml_serde::Deserializer::from_str(text).map(|one| Value::deserialize(one).unwrap());
        Self { documents: parsed.filter(|document| !document.is_null()).collect() }
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Value> {
        self.documents.iter().filter(move |document| document["kind"] == kind)
    }

    /// The one of a kind and a name.
    pub(super) fn get(&self, kind: &str, name: &str) -> &Value {
        let found = self.of_kind(kind).find(|document| document["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("there is no {kind} called {name}"))
    }

    /// What runs pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = &Value> {
        self.of_kind("StatefulSet").chain(self.of_kind("Deployment"))
    }

    /// Every container with its pod, init containers too.
    pub(super) fn containers(&self) -> Vec<Container<'_>> {
        self.workloads().flat_map(|workload| Container::all(&workload["spec"]["template"])).collect()
    }

    /// The container of a component that stays.
    pub(super) fn container(&self, component: &str) -> Container<'_> {
        let found = self.containers().into_iter().find(|container| container.spec["name"] == component);
        found.unwrap_or_else(|| panic!("there is no container {component}"))
    }
}

/// A container and the template of its pod.
#[derive(Clone, Copy)]
pub(super) struct Container<'a> {
    pub(super) pod: &'a Value,
    pub(super) spec: &'a Value,
}

impl<'a> Container<'a> {
    fn all(pod: &'a Value) -> Vec<Self> {
        let lists = ["initContainers", "containers"].map(|list| items(&pod["spec"][list]));
        lists.concat().into_iter().map(|spec| Self { pod, spec }).collect()
    }

    pub(super) fn name(&self) -> &'a str {
        text(&self.spec["name"])
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> Vec<&'a str> {
        items(&self.spec["args"]).into_iter().map(text).collect()
    }

    /// The volume that is mounted at a path.
    pub(super) fn volume(&self, path: &str) -> Option<&'a Value> {
        let mounts = items(&self.spec["volumeMounts"]);
        let name = &mounts.into_iter().find(|mount| mount["mountPath"] == path)?["name"];
        items(&self.pod["spec"]["volumes"]).into_iter().find(|volume| volume["name"] == *name)
    }

    /// The ports it names.
    pub(super) fn ports(&self) -> Vec<&'a str> {
        items(&self.spec["ports"]).into_iter().map(|port| text(&port["name"])).collect()
    }

    /// Does a Service with this selector find its pod?
    pub(super) fn is_selected(&self, selector: &Value) -> bool {
        let labels = object(&self.pod["metadata"]["labels"]);
        object(selector).iter().all(|(label, value)| labels.get(label) == Some(value))
    }
}

pub(super) fn items(list: &Value) -> Vec<&Value> {
    list.as_array().map(|list| list.iter().collect()).unwrap_or_default()
}

pub(super) fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no object"))
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
