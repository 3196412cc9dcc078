package io.signalbox.api;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;

/**
 * Which page of a list is wanted (REST API §3).
 *
 * @param sortProperty empty: the list's own order, ascending
 */
record Paging(int pageSize, int page, Optional<String> sortProperty, boolean ascending) {
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
        Optional<String> sortProperty = exchange.query("sortProperty").filter(name -> !name.isEmpty());
        if (sortProperty.isEmpty()) {
            return new Paging(pageSize, page, sortProperty, true);
        }
        if (!PROPERTY.matcher(sortProperty.get()).matches()) {
            throw bad("Invalid sort property");
        }
        return new Paging(pageSize, page, sortProperty, ascending(exchange));
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
