package io.signalbox.api;

import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;

/**
 * Which page of a list is wanted (REST API §3).
 *
 * @param textSearch   what names are to contain; empty: anything
 * @param sortProperty empty: the list's own order, ascending
 */
record Paging(int pageSize, int page, Optional<String> textSearch, Optional<String> sortProperty, boolean ascending) {
    /** A page is in memory as a whole. */
    private static final int LISTED_MAX = 10_000;

    private static final Pattern PROPERTY = Pattern.compile("[A-Za-z0-9_-]+");

    /** @throws Rejected {@code BAD_REQUEST} in the words of the reference */
    static Paging of(Exchange exchange) {
        int pageSize = whole(exchange, "pageSize");
        int page = whole(exchange, "page");
        if (pageSize < 1) {
            throw bad("Incorrect page link page size '" + pageSize + "'. Page size must be greater than zero.");
        }
        if (page < 0) {
            throw bad("Incorrect page link page '" + page + "'. Page must be positive integer.");
        }
        Optional<String> textSearch = exchange.query("textSearch").filter(text -> !text.isEmpty());
        Optional<String> sortProperty = exchange.query("sortProperty").filter(name -> !name.isEmpty());
        if (sortProperty.isEmpty()) {
            return new Paging(pageSize, page, textSearch, sortProperty, true);
        }
        if (!PROPERTY.matcher(sortProperty.get()).matches()) {
            throw bad("Invalid sort property");
        }
        return new Paging(pageSize, page, textSearch, sortProperty, ascending(exchange));
    }

    private static int whole(Exchange exchange, String name) {
        exchange.required(name, "int");
        long value = exchange.whole(name).orElseThrow();
        if (value != (int) value) {
            throw bad("Parameter '" + name + "' must be an integer: " + value);
        }
        return (int) value;
    }

    private static boolean ascending(Exchange exchange) {
        String order =
                exchange.query("sortOrder").filter(text -> !text.isEmpty()).orElse("ASC");
        return switch (order.toUpperCase(Locale.ROOT)) {
            case "ASC" -> true;
            case "DESC" -> false;
            default -> throw bad("Unsupported sort order '" + order + "'! Only 'ASC' or 'DESC' types are allowed.");
        };
    }

    /**
     * Answers with the page that {@code lookup} finds.
     *
     * @throws Rejected {@code BAD_REQUEST}: it would have more than 10,000 entries
     */
    static <T> Response list(
            Exchange exchange, Function<PageLink, Listed<T>> lookup, BiConsumer<JsonGenerator, T> writer) {
        Paging paging = of(exchange);
        Listed<T> found = lookup.apply(paging.link());
        if (paging.pageSize > LISTED_MAX && found.total() > LISTED_MAX) {
            throw bad("More than " + LISTED_MAX + " entries. Please reduce the page size.");
        }
        return paging.answer(found.items(), found.total(), writer);
    }

    private PageLink link() {
        return new PageLink(
                Math.min(pageSize, LISTED_MAX),
                (long) page * pageSize,
                textSearch,
                sortProperty.map(property -> new PageLink.Sort(property, ascending)));
    }

    /**
     * The page as clients know it.
     *
     * @param total items of all pages
     */
    <T> Response answer(List<T> items, long total, BiConsumer<JsonGenerator, T> writer) {
        return Response.json(json -> {
            json.writeStartObject();
            json.writeArrayPropertyStart("data");
            items.forEach(item -> writer.accept(json, item));
            json.writeEndArray();
            json.writeNumberProperty("totalPages", Math.ceilDiv(total, pageSize));
            json.writeNumberProperty("totalElements", total);
            json.writeBooleanProperty("hasNext", (page + 1L) * pageSize < total);
            json.writeEndObject();
        });
    }

    private static Rejected bad(String text) {
        return new Rejected(ErrorCode.BAD_REQUEST, text);
    }
}
