//! flowcore-redis
