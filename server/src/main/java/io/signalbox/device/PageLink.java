package io.signalbox.device;

import java.util.Optional;

/**
 * Which part of a list is wanted, and in what order (REST API §3).
 *
 * @param limit  how many at most
 * @param offset how many of the list come before
 * @param search part of a text, whatever its case; empty: everything
 * @param sort   empty: in the order of making
 */
public record PageLink(int limit, long offset, Optional<String> search, Optional<Sort> sort) {
    /** @param property as the wire names it; lists refuse those that they do not know */
    public record Sort(String property, boolean ascending) {}
}
