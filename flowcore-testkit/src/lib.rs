//! flowcore-testkit
