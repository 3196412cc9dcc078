package io.signalbox.audit;

import java.util.Optional;
import java.util.UUID;

/**
 * One thing that was done, or refused.
 *
 * @param createdTime    epoch milliseconds
 * @param address        from which the caller connected; empty when that is not known
 * @param entityType     like {@code DEVICE}
 * @param entityId       as the caller named it; there may be no such entity
 * @param entityName     empty when the caller may not know of the entity
 * @param actionData     JSON text of an object (REST API §14)
 * @param failureDetails empty text for a success
 */
public record AuditEntry(
        long createdTime,
        AuditCaller caller,
        String address,
        String entityType,
        UUID entityId,
        Optional<String> entityName,
        AuditAction action,
        String actionData,
        boolean isSuccess,
        String failureDetails) {}
