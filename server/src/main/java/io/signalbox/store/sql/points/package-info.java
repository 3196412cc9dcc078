/**
 * The time-series store on SQLite, in a file of its own ({@code points.db}).
 *
 * <p>A message goes {@link io.signalbox.store.sql.points.PointsStore} (any thread) → {@code AppendQueue} →
 * {@code PointsWriter} (the one writer thread): one transaction and one sync for all that waits, which appends one row to
 * the journal. What is committed lives in the {@code Tail} in memory until the writer has moved it, sorted, into the point
 * table. {@code PointsReader} lays the tail over the tables.
 */
@org.jspecify.annotations.NullMarked
package io.signalbox.store.sql.points;
