/** All store ports on JDBC: core.db for entities, points.db for time series. */
@org.jspecify.annotations.NullMarked
package io.signalbox.store.sql;
