package io.signalbox.audit;

import java.util.List;
import java.util.UUID;

/**
 * A part of the entries that were asked for.
 *
 * @param total how many there are on all pages
 */
public record AuditPage(List<Stored> entries, long total) {

    /** An entry with the identifier that it got. */
    public record Stored(UUID id, AuditEntry entry) {}
}
