use std::collections::BTreeMap;

/// Where the values of references come from.
pub struct Lookups<'a> {
    /// `${env:NAME}`
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// `${sys:name}`: what `-Dname=value` said.
    pub system: &'a BTreeMap<String, String>,
    /// `${date:format}`: now, in a format of Java's letters. An error says what is wrong with the format.
    pub date: &'a dyn Fn(&str) -> Result<String, String>,
    /// Whether `${NAME}` reads the environment too, as `EnvVarResolverProperties` did.
    pub bare_environment: bool,
}

impl std::fmt::Debug for Lookups<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookups").field("system", &self.system.keys()).finish_non_exhaustive()
    }
}
