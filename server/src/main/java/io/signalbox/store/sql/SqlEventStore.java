package io.signalbox.store.sql;

import io.signalbox.events.Event;
import io.signalbox.events.EventQuery;
import io.signalbox.events.EventStore;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/** Events of devices in core.db. A device has few: they are read as a whole, and texts are looked for here. */
public final class SqlEventStore implements EventStore {
    private static final String OF_DEVICE =
            "SELECT number, id, time, method, error FROM device_event WHERE device = ? ORDER BY number";

    private final CoreWriter writer;
    private final CoreReaders readers;

    SqlEventStore(CoreWriter writer, CoreReaders readers) {
        this.writer = writer;
        this.readers = readers;
    }

    private record Stored(long number, Event event) {
        static Stored read(Row row) {
            return new Stored(
                    row.number("number"),
                    new Event(row.uuid("id"), row.number("time"), row.text("method"), row.text("error")));
        }
    }

    @Override
    public CompletionStage<Void> insert(long device, Event event) {
        return writer.writeLater(sql -> {
                    Devices.require(sql, device);
                    sql.update(
                            "INSERT INTO device_event (id, device, time, method, error) VALUES (?, ?, ?, ?, ?)",
                            event.id(),
                            device,
                            event.time(),
                            event.method(),
                            event.error());
                    return sql.update(
                            "DELETE FROM device_event WHERE device = ? AND number <= (SELECT number FROM device_event"
                                    + " WHERE device = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                            device,
                            device,
                            OF_DEVICE_MAX);
                })
                .thenAccept(_ -> {});
    }

    @Override
    public List<Event> find(EventQuery query) {
        return readers.read(sql -> fitting(sql, query)).stream()
                .map(Stored::event)
                .toList();
    }

    @Override
    public void clear(EventQuery query) {
        writer.write(sql -> {
            List<Stored> fitting = fitting(sql, query);
            sql.batch(
                    "DELETE FROM device_event WHERE number = ?",
                    fitting.stream()
                            .map(stored -> new Object[] {stored.number()})
                            .toList());
            return fitting.size();
        });
    }

    private static List<Stored> fitting(Sql sql, EventQuery query) {
        return sql.list(OF_DEVICE, Stored::read, query.device()).stream()
                .filter(stored -> fits(stored.event(), query))
                .toList();
    }

    private static boolean fits(Event event, EventQuery query) {
        return event.time() >= query.fromTime()
                && event.time() <= query.toTime()
                && has(event.method(), query.method())
                && has(event.error(), query.error());
    }

    private static boolean has(String text, String part) {
        return text.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
    }

    @Override
    public CompletionStage<Integer> purge(long time, int max) {
        return writer.writeLater(sql -> sql.update(
                "DELETE FROM device_event WHERE number IN (SELECT number FROM device_event WHERE time < ?"
                        + " ORDER BY time LIMIT ?)",
                time,
                max));
    }
}
