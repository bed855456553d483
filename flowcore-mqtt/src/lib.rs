//! MQTT for flowcore: topics as sources, sinks, spouts and bolts.
