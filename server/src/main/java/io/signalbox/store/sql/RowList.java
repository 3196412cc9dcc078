package io.signalbox.store.sql;

import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A list of rows of one kind.
 *
 * @param select  up to the conditions
 * @param from    the table alone with its alias, as {@code device d}: conditions may name nothing else
 * @param number  the column of the order of making
 * @param columns what each sort property of the wire is called here
 */
record RowList<T>(String select, String from, String number, Map<String, String> columns, Function<Row, T> reader) {
    /** @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: the list has no such sort property */
    Listed<T> read(Sql sql, Conditions where, PageLink link) {
        List<T> items = sql.list(
                select + where.text() + order(link) + " LIMIT ? OFFSET ?",
                reader,
                where.parameters(link.limit(), link.offset()));
        boolean isLast = items.size() < link.limit() && (!items.isEmpty() || link.offset() == 0);
        long total = isLast
                ? link.offset() + items.size()
                : sql.first(
                                "SELECT COUNT(*) AS n FROM " + from + " " + where.text(),
                                row -> row.number("n"),
                                where.parameters())
                        .orElseThrow();
        return new Listed<>(items, total);
    }

    private String order(PageLink link) {
        return link.sort()
                .map(sort -> {
                    String column = columns.get(sort.property());
                    if (column == null) {
                        throw Refusals.badRequest("Invalid sort property");
                    }
                    return " ORDER BY " + column + (sort.ascending() ? ", " : " DESC, ") + number;
                })
                .orElse(" ORDER BY " + number);
    }
}
